import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type Canonical, canonicalJson } from '#core/evidence/canonical-json';
import { contradictions, type NoGapCertificate, noGapCertificate, signedText } from '#core/evidence/certificate';
import { hasLowS } from '#core/evidence/low-s';

export type Verified =
  | { readonly valid: true; readonly certificate: NoGapCertificate; readonly pinned: boolean }
  | { readonly valid: false; readonly reason: string };

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** SHA-256 of the key's subject public key info. */
export const fingerprintOf = (key: KeyObject): string => sha256(key.export({ type: 'spki', format: 'der' }));

/**
 * Verifies a certificate by nothing but what it holds: its form, its sums and digests, and its signature. Only with a
 * key that was had in another way does that say who signed it.
 *
 * @param pinned the public key that is trusted
 */
export const verifyCertificate = (text: string, pinned?: KeyObject): Verified => {
  const no = (reason: string): Verified => ({ valid: false, reason });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return no(`it is not JSON: ${(error as Error).message}`);
  }
  const read = noGapCertificate.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return no(
      `it is not a no-gap certificate of version 1: ${issue!.path.join('.') || 'the document'}: ${issue!.message}`,
    );
  }
  if (!saysOneThing(text, json) || canonicalJson(json as Canonical) !== canonicalJson(read.data))
    return no('it can be read in more than one way: a key stands twice, or a text or number is not in its plain form');
  const { statement, signature } = read.data;
  const key = publicKeyOf(statement.key.publicKey);
  if (!key) return no('its public key is not one of the curve P-256');
  const fingerprint = fingerprintOf(key);
  if (fingerprint !== statement.key.fingerprint)
    return no(`its public key has fingerprint ${fingerprint}, it says ${statement.key.fingerprint}`);
  if (pinned && !key.equals(pinned))
    return no(
      `it is signed by another key: its fingerprint is ${fingerprint}, the trusted one is ${fingerprintOf(pinned)}`,
    );
  const der = Buffer.from(signature, 'base64');
  if (!hasLowS(der) || der.toString('base64') !== signature)
    return no('its signature is not in the one form in which certificates are issued');
  if (!verify('sha256', Buffer.from(signedText(statement)), key, der))
    return no('the signature does not fit the statement: one of them was changed');
  const [contradiction] = contradictions(statement, sha256);
  if (contradiction !== undefined) return no(`it contradicts itself: ${contradiction}`);
  return { valid: true, certificate: read.data, pinned: pinned !== undefined };
};

/** Readers differ in which of two equal keys they take: beside white space, the text must be what JSON writes. */
const saysOneThing = (text: string, json: unknown): boolean =>
  text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') === JSON.stringify(json);

const publicKeyOf = (base64: string): KeyObject | undefined => {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), type: 'spki', format: 'der' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined; // whatever it is, it is no public key
  }
};
