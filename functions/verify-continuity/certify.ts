import { createHash } from 'node:crypto';
import type { ContinuityStore } from '#adapters/data-api-continuity';
import { minutesIn, type Range } from '#core/continuity/ranges';
import {
  type CertifiedFacility,
  contradictions,
  type NoGapCertificate,
  type NoGapStatement,
  signedText,
  totalsOf,
} from '#core/evidence/certificate';
import { withLowS } from '#core/evidence/low-s';
import { sourceDigest, wholeDigest } from '#core/evidence/minute-digest';
import type { EvidenceKey } from '#core/ports';
import { textOfMinute } from '#core/time';
import { declaredMinutes } from './declared-minutes.ts';
import type { Examined } from './examine.ts';
import { portions } from './portions.ts';
import { RequestRefusedError } from './refusal.ts';

export interface Certify {
  readonly store: ContinuityStore;
  readonly key: EvidenceKey;
  readonly softwareVersion: string;
}

const sha256 = (content: string | Uint8Array): Buffer => createHash('sha256').update(content).digest();
const sha256Text = (text: string): string => sha256(text).toString('hex');

/** Signs that nothing of the range is missing at these facilities, over a digest of their minutes as they are stored now. */
export const certify = async (
  { store, key, softwareVersion }: Certify,
  range: Range,
  examined: readonly Examined[],
  now: Date,
): Promise<NoGapCertificate> => {
  const facilities: CertifiedFacility[] = [];
  for (const facility of examined) facilities.push(await certifiedFacility(store, range, facility));
  const { id, der } = await key.publicKey();
  const statement: NoGapStatement = {
    v: 1,
    kind: 'emissionwatch/no-gap-certificate',
    range: texts(range),
    ...totalsOf(facilities),
    digest: wholeDigest(facilities, sha256Text),
    facilities,
    issuedAt: now.toISOString(),
    softwareVersion,
    key: {
      id,
      algorithm: 'ECDSA_SHA_256',
      publicKey: Buffer.from(der).toString('base64'),
      fingerprint: sha256(der).toString('hex'),
    },
  };
  const [contradiction] = contradictions(statement, sha256Text);
  if (contradiction !== undefined)
    throw new RequestRefusedError(
      `minutes were stored while they were counted (${contradiction}): ask for the certificate again`,
    );
  const signature = withLowS(await key.sign(sha256(signedText(statement))));
  return { statement, signature: Buffer.from(signature).toString('base64') };
};

const texts = ({ from, until }: Range) => ({ from: textOfMinute(from), until: textOfMinute(until) });

const certifiedFacility = async (
  store: ContinuityStore,
  range: Range,
  { facility, state, outages, findings }: Examined,
): Promise<CertifiedFacility> => {
  const days = [];
  for (const part of wholeDays(portions([{ ...range, facility, sources: state.sources.length }]).flat(), range))
    days.push(...(await store.dayDigests(facility, part)));
  const bySource = Map.groupBy(days, ({ source }) => source);
  return {
    facility,
    planRevision: state.planRevision,
    declaredOutages: outages.map(({ source, ...outage }) => ({ source, ...texts(outage) })),
    sources: state.sources.map((source) => {
      const found = findings.find((one) => one.source === source.source)!;
      return {
        source: source.source,
        begins: source.begins === null ? null : textOfMinute(source.begins),
        expectedMinutes: minutesIn(found.expected),
        declaredOutageMinutes: declaredMinutes(source, range, outages),
        withoutReadingMinutes: minutesIn(found.withoutReading),
        ...sourceDigest(bySource.get(source.source) ?? [], sha256Text),
      };
    }),
  };
};

const DAY = 24 * 60;

/** The same minutes in parts that end with a day: a day's digest is over all of its minutes at once. */
const wholeDays = (parts: readonly Range[], range: Range): Range[] => {
  const ends = parts.map(({ until }) => Math.ceil(until / DAY) * DAY);
  const inner = [...new Set(ends)].filter((end) => end < range.until);
  const bounds = [range.from, ...inner, range.until];
  return bounds.slice(1).map((until, i) => ({ from: bounds[i]!, until }));
};
