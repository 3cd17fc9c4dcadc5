import { createECDH, type KeyObject } from 'node:crypto';

/** Order of the curve P-256 (NIST SP 800-186, 3.2.1.3). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Signs a SHA-256 as it is, which KMS does with MessageType DIGEST and Node does not: it always hashes first. ECDSA on
 * P-256 as FIPS 186-5 (6.4.1) has it; OpenSSL gives the nonce and its point on the curve.
 *
 * @returns the signature, DER
 */
export const signDigest = (digest: Uint8Array, key: KeyObject): Buffer => {
  const secret = numberOf(Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url'));
  const z = numberOf(digest);
  for (;;) {
    const nonce = createECDH('prime256v1');
    const point = nonce.generateKeys();
    const k = numberOf(nonce.getPrivateKey());
    const r = numberOf(point.subarray(1, 33)) % N;
    const s = (inverse(k) * ((z + r * secret) % N)) % N;
    if (r !== 0n && s !== 0n) return sequence(integer(r), integer(s));
  }
};

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** By the extended Euclidean algorithm. */
const inverse = (value: bigint): bigint => {
  let [a, b] = [N, value % N];
  let [x, y] = [0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + N : x;
};

/** DER: the first bit of an integer is its sign, so that one with it set gets a zero in front. */
const integer = (value: bigint): Buffer => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
  const body = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, body.length]), body]);
};

const sequence = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};
