import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-json.ts';
import type { Credentials, Principal } from './guard.ts';
import { checkPresignature, type PresignedRequest, presignedBy } from './presigned.ts';

export interface CredentialBook {
  issue(principal: Principal): Credentials;
  /** @throws AwsError for credentials that this run has not issued */
  holderOf(headers: IncomingHttpHeaders): Principal;
  /** @throws AwsError as `holderOf`, and for a URL that is too old or was not signed so */
  signerOf(request: PresignedRequest): Principal;
}

/**
 * Temporary credentials, good for this run only: they are made of a secret that is thrown away with the process.
 *
 * Access key and session token tell who calls; the signature of a request is not worked out again, that of a URL is. It would have to hash every body
 * a second time, and on loopback whoever could forge a signature could as well read the secret it is made with.
 */
export const credentialBook = (): CredentialBook => {
  const secret = randomBytes(32);
  const derive = (what: string, of: string) => createHmac('sha256', secret).update(`${what} ${of}`).digest();
  const secretOf = (whom: string) => derive('secret', whom).toString('base64').slice(0, 40);
  const holders = new Map<string, { readonly token: string; readonly principal: Principal }>();
  return {
    issue: (principal) => {
      const whom = `${principal.arn} ${principal.session ?? ''}`;
      // As AWS's: 20 capitals and digits, ASIA for temporary ones.
      const accessKeyId = `ASIA${derive('key', whom).toString('hex').slice(0, 16).toUpperCase()}`;
      const sessionToken = derive('token', whom).toString('base64');
      holders.set(accessKeyId, { token: sessionToken, principal });
      return { accessKeyId, secretAccessKey: secretOf(whom), sessionToken };
    },
    signerOf: (request) => {
      const { accessKeyId, sessionToken } = presignedBy(request);
      const holder = holders.get(accessKeyId);
      if (!holder || holder.token !== sessionToken) throw unknown();
      checkPresignature(request, secretOf(`${holder.principal.arn} ${holder.principal.session ?? ''}`));
      return holder.principal;
    },
    holderOf: (headers) => {
      const { authorization } = headers;
      if (authorization === undefined) {
        throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
      }
      const holder = holders.get(accessKeyIn(authorization));
      if (holder && holder.token === headers['x-amz-security-token']) return holder.principal;
      throw unknown();
    },
  };
};

const unknown = () =>
  new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');

const CREDENTIAL = 'Credential=';

/** `AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=...` */
const accessKeyIn = (authorization: string): string => {
  const start = authorization.indexOf(CREDENTIAL) + CREDENTIAL.length;
  return authorization.slice(start, authorization.indexOf('/', start));
};
