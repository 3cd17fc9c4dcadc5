/*
 * An ECDSA signature (r, s) has a twin, (r, n - s), that verifies as well, so that a signed document could be given a
 * second signature by anybody. Of the two only the one with the smaller s counts here.
 */

/** Order of the curve P-256. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

const integerAt = (der: Uint8Array, at: number): { readonly value: bigint; readonly end: number } | undefined => {
  const length = der[at + 1];
  if (der[at] !== INTEGER || length === undefined || length === 0 || length > 33) return undefined;
  const end = at + 2 + length;
  const bytes = der.subarray(at + 2, end);
  if (bytes.length < length) return undefined;
  return { value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n), end };
};

const integer = (value: bigint): number[] => {
  const bytes: number[] = [];
  for (let left = value; left > 0n; left >>= 8n) bytes.unshift(Number(left & 0xffn));
  // A first bit of 1 would make it negative.
  if (bytes.length === 0 || bytes[0]! > 0x7f) bytes.unshift(0);
  return [INTEGER, bytes.length, ...bytes];
};

const written = ({ r, s }: { readonly r: bigint; readonly s: bigint }): Uint8Array => {
  const content = [...integer(r), ...integer(s)];
  return Uint8Array.from([SEQUENCE, content.length, ...content]);
};

const read = (der: Uint8Array) => {
  const r = der[0] === SEQUENCE && der[1] === der.length - 2 ? integerAt(der, 2) : undefined;
  const s = r && integerAt(der, r.end);
  if (!r || s?.end !== der.length) return undefined;
  // A number with more bytes than it needs would be one more way to write the same.
  const signature = { r: r.value, s: s.value };
  return written(signature).every((byte, i) => byte === der[i]) ? signature : undefined;
};

/**
 * The same signature with the smaller s.
 * @param der a signature of P-256
 * @throws RangeError when it is none
 */
export const withLowS = (der: Uint8Array): Uint8Array => {
  const signature = read(der);
  if (!signature) throw new RangeError('expected an ECDSA signature of P-256 in DER');
  const { r, s } = signature;
  return s <= N / 2n ? der : written({ r, s: N - s });
};

/** False also for what is no signature of P-256. */
export const hasLowS = (der: Uint8Array): boolean => {
  const signature = read(der);
  return signature !== undefined && signature.s <= N / 2n;
};
