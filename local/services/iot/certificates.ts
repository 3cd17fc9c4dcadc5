import './reflect-metadata.ts';
import { createPrivateKey, generateKeyPair, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

/** A certificate and its private key (PKCS#8), both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 397;
/** A certificate with less than this left is renewed at the next start or registration. */
const RENEW_DAYS = 30;

/** Clocks of plant machines run a little apart; a certificate that is not valid yet would lock a device out. */
const validity = (days: number) => {
  const now = Date.now();
  return { notBefore: new Date(now - DAY), notAfter: new Date(now + days * DAY) };
};

/** RFC 5280 4.1.2.2: positive, at most 20 octets. The first byte keeps the sign bit clear and is never zero. */
const serialNumber = () => {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
};

const exported = async (
  certificate: x509.X509Certificate,
  privateKey: webcrypto.CryptoKey,
): Promise<KeyedCertificate> => ({
  certificate: `${certificate.toString('pem')}\n`,
  key: `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')}\n`,
});

const newKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

export const createAuthority = async (): Promise<KeyedCertificate> => {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=EmissionWatch local cloud CA',
    ...validity(CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return exported(certificate, keys.privateKey);
};

const sign = async (
  authority: KeyedCertificate,
  commonName: string,
  publicKey: webcrypto.CryptoKey,
  extensions: readonly x509.Extension[],
): Promise<x509.X509Certificate> => {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' }),
    ALGORITHM,
    false,
    ['sign'],
  );
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: issuer.subject,
    ...validity(LEAF_DAYS),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
};

const issue = async (
  authority: KeyedCertificate,
  commonName: string,
  extensions: readonly x509.Extension[],
): Promise<KeyedCertificate> => {
  const keys = await newKeys();
  return exported(await sign(authority, commonName, keys.publicKey, extensions), keys.privateKey);
};

export const issueServer = (authority: KeyedCertificate): Promise<KeyedCertificate> =>
  issue(authority, 'localhost', [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]),
  ]);

const forClients = () => [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])];

export const issueDevice = (authority: KeyedCertificate, commonName: string): Promise<KeyedCertificate> =>
  issue(authority, commonName, forClients());

/** The subject that AWS IoT gives to every certificate, whatever the request says. */
const SUBJECT = 'AWS IoT Certificate';

/**
 * A certificate, PEM, for the key of a certificate signing request.
 * @throws Error when the request is none, or is not signed with the key that it names
 */
export const issueFromCsr = async (authority: KeyedCertificate, csr: string): Promise<string> => {
  const request = new x509.Pkcs10CertificateRequest(csr);
  if (!(await request.verify())) throw new Error('the request is not signed with its own key');
  const publicKey = await request.publicKey.export();
  return `${(await sign(authority, SUBJECT, publicKey, forClients())).toString('pem')}\n`;
};

/** As AWS makes them: RSA of 2,048 bits, PEM. */
export const issueWithKeys = async (authority: KeyedCertificate): Promise<KeyedCertificate & { publicKey: string }> => {
  const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const der = keys.publicKey.export({ type: 'spki', format: 'der' });
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const publicKey = await webcrypto.subtle.importKey('spki', der, rsa, true, ['verify']);
  const certificate = await sign(authority, SUBJECT, publicKey, forClients());
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(keys.publicKey.export({ type: 'spki', format: 'pem' })),
  };
};

/** Is the pair complete, long enough valid, and signed by `authority` (by itself when it is left out)? */
export const isUsable = (pair: KeyedCertificate, authority: KeyedCertificate = pair): boolean => {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const left = Date.parse(certificate.validTo) - Date.now();
    return (
      left > RENEW_DAYS * DAY &&
      certificate.checkPrivateKey(createPrivateKey(pair.key)) &&
      certificate.verify(new X509Certificate(authority.certificate).publicKey)
    );
  } catch {
    // Not PEM, or cut short by a full disk: as good as absent, and replaced.
    return false;
  }
};

/** AWS IoT's certificate id: the SHA-256 of the certificate, lower-case hex. */
export const certificateId = (fingerprint256: string): string => fingerprint256.replaceAll(':', '').toLowerCase();

export const certificateIdOf = (pem: string): string => certificateId(new X509Certificate(pem).fingerprint256);
