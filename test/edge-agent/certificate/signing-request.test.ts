import '../../../local/services/iot/reflect-metadata.ts';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { newPrivateKey, signingRequest } from '../../../edge-agent/certificate/signing-request.ts';

x509.cryptoProvider.set(webcrypto);

describe('the signing request of a device', () => {
  it.each(['A-1', 'a'.repeat(64)])('says who asks (%s) and is signed with the key that it is for', async (name) => {
    const key = newPrivateKey();
    const request = new x509.Pkcs10CertificateRequest(signingRequest(key, name));
    expect(request.subject).toBe(`CN=${name}`);
    expect(await request.verify()).toBe(true);
    expect(Buffer.from(request.publicKey.rawData)).toEqual(
      createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' }),
    );
  });

  it('is for an ECDSA key on P-256, made anew each time, of which the request holds nothing', () => {
    const key = newPrivateKey();
    expect(createPrivateKey(key).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(newPrivateKey()).not.toBe(key);
    const secret = createPrivateKey(key).export({ format: 'jwk' }).d!;
    const der = Buffer.from(signingRequest(key, 'A-1').replace(/-----[^-]+-----|\n/g, ''), 'base64');
    expect(der.includes(Buffer.from(secret, 'base64url'))).toBe(false);
  });
});
