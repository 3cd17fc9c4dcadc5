import '../../local/services/iot/reflect-metadata.ts';
import { createPrivateKey, webcrypto } from 'node:crypto';
import x509 from '@peculiar/x509';
import type { KeyedCertificate } from '../../local/services/iot/certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** Checks a signing request and issues the certificate that it asks for. */
export const sign = async (authority: KeyedCertificate, csr: string): Promise<string> => {
  const request = new x509.Pkcs10CertificateRequest(csr);
  if (!(await request.verify())) throw new Error('the signature of the request is wrong');
  const certificate = await x509.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: new x509.X509Certificate(authority.certificate).subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: await request.publicKey.export(),
    signingKey: await webcrypto.subtle.importKey(
      'pkcs8',
      createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' }),
      ALGORITHM,
      false,
      ['sign'],
    ),
  });
  return `${certificate.toString('pem')}\n`;
};
