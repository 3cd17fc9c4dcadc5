import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../../aws-json.ts';
import type { RestRoutes } from '../../rest.ts';
import { issueFromCsr, issueWithKeys } from '../certificates.ts';
import type { ControlOptions } from '../control-plane.ts';
import { invalid, notFound, read } from './refusals.ts';

const csrRequest = z.strictObject({ certificateSigningRequest: z.string().min(1) });
const policyTarget = z.strictObject({ target: z.string().min(1) });
const newStatus = z.enum(['ACTIVE', 'INACTIVE', 'REVOKED'], 'expected ACTIVE, INACTIVE or REVOKED');

const seconds = (text: string): number => Date.parse(text) / 1000;

export const certificateRoutes = (options: ControlOptions): RestRoutes => {
  const { registry, authority, guard, arnPrefix, policyNames, disconnect } = options;
  const arnOf = (certificateId: string) => `${arnPrefix}cert/${certificateId}`;
  const found = (certificateId: string) => {
    const certificate = registry.certificate(certificateId);
    if (!certificate) throw notFound(`certificate ${certificateId}`);
    return certificate;
  };
  /** The certificate that a policy is attached to. */
  const targetOf = (arn: string) => {
    if (!arn.startsWith(arnOf(''))) throw invalid(`${arn} is not a certificate of this account and region`);
    return found(arn.slice(arnOf('').length));
  };
  const policyNamed = (name: string): string => {
    if (!policyNames.includes(name)) throw notFound(`policy ${name}`);
    return name;
  };
  const created = (certificatePem: string, query: URLSearchParams) => {
    const status = query.get('setAsActive') === 'true' ? 'ACTIVE' : 'INACTIVE';
    const certificateId = registry.addCertificate(certificatePem, status);
    return { certificateArn: arnOf(certificateId), certificateId, certificatePem };
  };

  return {
    'POST /keys-and-certificate': async ({ query, caller }) => {
      guard.check(caller, 'iot:CreateKeysAndCertificate', '*');
      const { certificate, key, publicKey } = await issueWithKeys(authority);
      return { ...created(certificate, query), keyPair: { PublicKey: publicKey, PrivateKey: key } };
    },
    'POST /certificates': async ({ query, json, caller }) => {
      guard.check(caller, 'iot:CreateCertificateFromCsr', '*');
      const { certificateSigningRequest } = read(csrRequest, json());
      const certificate = await issueFromCsr(authority, certificateSigningRequest).catch((error: unknown) => {
        throw invalid(`the certificate signing request cannot be used: ${error}`);
      });
      return created(certificate, query);
    },
    'GET /certificates/{certificateId}': ({ path, caller }) => {
      const { certificateId } = path as { certificateId: string };
      guard.check(caller, 'iot:DescribeCertificate', arnOf(certificateId));
      const { status, certificatePem, created: at, modified } = found(certificateId);
      const { validFrom, validTo } = new X509Certificate(certificatePem);
      return {
        certificateDescription: {
          certificateArn: arnOf(certificateId),
          certificateId,
          status,
          certificatePem,
          creationDate: at / 1000,
          lastModifiedDate: modified / 1000,
          certificateMode: 'DEFAULT',
          validity: { notBefore: seconds(validFrom), notAfter: seconds(validTo) },
        },
      };
    },
    'PUT /certificates/{certificateId}': ({ path, query, caller }) => {
      const { certificateId } = path as { certificateId: string };
      guard.check(caller, 'iot:UpdateCertificate', arnOf(certificateId));
      const status = read(newStatus, query.get('newStatus'));
      found(certificateId);
      registry.changeCertificate(certificateId, { status });
      if (status !== 'ACTIVE') disconnect([certificateId]);
    },
    'DELETE /certificates/{certificateId}': ({ path, query, caller }) => {
      const { certificateId } = path as { certificateId: string };
      guard.check(caller, 'iot:DeleteCertificate', arnOf(certificateId));
      const { status, thing, policies } = found(certificateId);
      if (status === 'ACTIVE')
        throw new AwsError('CertificateStateException', 'Certificate must be deactivated before it is deleted', 406);
      if (thing !== undefined)
        throw new AwsError('DeleteConflictException', `Things must be detached before deletion: ${thing}`, 409);
      if (policies.length > 0 && query.get('forceDelete') !== 'true')
        throw new AwsError('DeleteConflictException', `Policies must be detached before deletion: ${policies}`, 409);
      registry.deleteCertificate(certificateId);
    },
    'PUT /target-policies/{policyName}': ({ path, json, caller }) => {
      const { target } = read(policyTarget, json());
      guard.check(caller, 'iot:AttachPolicy', target);
      const policyName = policyNamed(path.policyName!);
      const { certificateId, policies } = targetOf(target);
      registry.changeCertificate(certificateId, { policies: [...new Set([...policies, policyName])] });
    },
    'POST /target-policies/{policyName}': ({ path, json, caller }) => {
      const { target } = read(policyTarget, json());
      guard.check(caller, 'iot:DetachPolicy', target);
      const policyName = policyNamed(path.policyName!);
      const { certificateId, policies } = targetOf(target);
      registry.changeCertificate(certificateId, { policies: policies.filter((name) => name !== policyName) });
      disconnect([certificateId]);
    },
    // In one page: AWS gives up to 250 at a time.
    'POST /policy-targets/{policyName}': ({ path, caller }) => {
      const { policyName } = path as { policyName: string };
      guard.check(caller, 'iot:ListTargetsForPolicy', `${arnPrefix}policy/${policyName}`);
      return { targets: registry.certificatesWith(policyNamed(policyName)).map(arnOf) };
    },
    'POST /attached-policies/{target}': ({ path, caller }) => {
      guard.check(caller, 'iot:ListAttachedPolicies', '*');
      const { policies } = targetOf(path.target!);
      return {
        policies: policies.map((policyName) => ({ policyName, policyArn: `${arnPrefix}policy/${policyName}` })),
      };
    },
  };
};
