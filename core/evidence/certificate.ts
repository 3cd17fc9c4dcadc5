import * as z from 'zod';
import { FACILITY_NAME, minuteText, NAME } from '../contracts/measurement-message.ts';
import { minuteOfText } from '../time.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Sha256, wholeDigest } from './minute-digest.ts';

const count = z.int().min(0);
const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in 64 hexadecimal digits');
const minuteRange = z.strictObject({ from: minuteText, until: minuteText });

const certifiedSource = z.strictObject({
  source: z.string().regex(NAME),
  /** First minute that was ever stored of it, from which on minutes are expected; null: none was. */
  begins: minuteText.nullable(),
  /** Minutes of the range from there on, without declared outages. */
  expectedMinutes: count,
  /** Stored minutes of the range: those that the digest covers. */
  storedMinutes: count,
  declaredOutageMinutes: count,
  /** Stored, but no analyser gave a reading although the unit was fired. */
  withoutReadingMinutes: count,
  digest,
});

const certifiedFacility = z.strictObject({
  facility: z.string().regex(FACILITY_NAME),
  planRevision: count,
  declaredOutages: z.array(minuteRange.extend({ source: z.string().regex(NAME).nullable() })),
  sources: z.array(certifiedSource),
});

/** Says that of a range nothing is missing, and binds that to the minutes as they were stored then. */
const statement = z.strictObject({
  v: z.literal(1),
  kind: z.literal('emissionwatch/no-gap-certificate'),
  range: minuteRange,
  expectedMinutes: count,
  storedMinutes: count,
  declaredOutageMinutes: count,
  analyserDownMinutes: count,
  /** Of all stored minutes of the range; how it is computed stands in core/evidence/minute-digest.ts. */
  digest,
  facilities: z.array(certifiedFacility).min(1),
  issuedAt: z.iso.datetime(),
  softwareVersion: z.string().min(1).max(64),
  key: z.strictObject({
    /** Name of the key where it is kept. */
    id: z.string().min(1).max(256),
    algorithm: z.literal('ECDSA_SHA_256'),
    /** Subject public key info, DER in base64. */
    publicKey: z.base64(),
    /** SHA-256 of the public key's DER. */
    fingerprint: digest,
  }),
});

/** The statement, and the key's signature (DER in base64) over the SHA-256 of the statement's canonical JSON in UTF-8. */
export const noGapCertificate = z.strictObject({ statement, signature: z.base64().min(1) });

export type NoGapCertificate = z.infer<typeof noGapCertificate>;
export type NoGapStatement = z.infer<typeof statement>;
export type CertifiedFacility = z.infer<typeof certifiedFacility>;

type Totals = Pick<
  NoGapStatement,
  'expectedMinutes' | 'storedMinutes' | 'declaredOutageMinutes' | 'analyserDownMinutes'
>;

/** The totals over all sources. */
export const totalsOf = (facilities: readonly CertifiedFacility[]): Totals => {
  const sources = facilities.flatMap((facility) => facility.sources);
  const total = (minutes: (source: (typeof sources)[number]) => number) =>
    sources.reduce((sum, source) => sum + minutes(source), 0);
  return {
    expectedMinutes: total((source) => source.expectedMinutes),
    storedMinutes: total((source) => source.storedMinutes),
    declaredOutageMinutes: total((source) => source.declaredOutageMinutes),
    analyserDownMinutes: total((source) => source.withoutReadingMinutes),
  };
};

/** The text that is signed. */
export const signedText = (given: NoGapStatement): string => canonicalJson(given);

/** Where a statement contradicts itself, in words; none when it is sound. The signature is looked at elsewhere. */
export const contradictions = (given: NoGapStatement, sha256: Sha256): string[] => {
  const found: string[] = [];
  const { range, facilities } = given;
  const minutes = minuteOfText(range.until) - minuteOfText(range.from);
  if (minutes <= 0) found.push(`the range ends at ${range.until}, not after its beginning ${range.from}`);
  if (given.expectedMinutes === 0) found.push('no minute is expected in the range, so there is nothing to certify');
  for (const [name, total] of Object.entries(totalsOf(facilities)))
    if (given[name as keyof Totals] !== total)
      found.push(`${name} is ${given[name as keyof Totals]}, its sources add up to ${total}`);
  for (const { facility, sources } of facilities)
    for (const source of sources) {
      const { expectedMinutes, storedMinutes, withoutReadingMinutes, declaredOutageMinutes } = source;
      const minutesOf = `${facility}/${source.source}: ${expectedMinutes} minutes expected`;
      if (storedMinutes < expectedMinutes) found.push(`${minutesOf}, ${storedMinutes} stored`);
      // Every stored minute is one that was expected, or would have been without an outage.
      if (storedMinutes > expectedMinutes + declaredOutageMinutes)
        found.push(`${minutesOf} and ${declaredOutageMinutes} in declared outages, but ${storedMinutes} stored`);
      if (withoutReadingMinutes > storedMinutes)
        found.push(`${facility}/${source.source}: more minutes without a reading than stored ones`);
      if (expectedMinutes + declaredOutageMinutes > minutes || storedMinutes > minutes)
        found.push(`${facility}/${source.source}: more minutes than the ${minutes} of the range`);
    }
  const computed = wholeDigest(facilities, sha256);
  if (given.digest !== computed) found.push(`the digest is ${given.digest}, those of its sources give ${computed}`);
  return found;
};
