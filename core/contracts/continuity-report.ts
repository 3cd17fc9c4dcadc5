import * as z from 'zod';
import { noGapCertificate } from '../evidence/certificate.ts';
import { FACILITY_NAME, minuteText, NAME } from './measurement-message.ts';

/** Why expected minutes are not there, and the class that each reason belongs to. */
export const CLASS_OF_REASON = {
  'facility-silent': 'edge-offline',
  'waits-at-the-edge': 'buffered',
  'kept-at-the-edge': 'buffered',
  'not-reached-yet': 'buffered',
  asked: 'resend-requested',
  'on-their-way': 'resend-requested',
  'not-in-the-answer': 'lost',
  'never-answered': 'lost',
  'no-agent': 'lost',
  'not-held': 'lost',
  'not-asked': 'lost',
  quarantined: 'recoverable',
  'without-reading': 'analyser-down',
  'not-reported': 'not-reported',
} as const;

export type GapReason = keyof typeof CLASS_OF_REASON;
export type GapClass = (typeof CLASS_OF_REASON)[GapReason];

/** From the worst to the mildest. */
export const GAP_CLASSES = [
  'lost',
  'recoverable',
  'edge-offline',
  'resend-requested',
  'buffered',
  'not-reported',
  'analyser-down',
] as const;

/** verify-continuity sees neither what failed on the way nor what is in quarantine: people can look there. */
const NOT_AT_THE_EDGE = 'look in `ew redrive --dry-run` and `ew quarantine list`';

/** The reasons in words, for people. */
export const REASON_TEXT: Readonly<Record<GapReason, string>> = {
  'facility-silent': 'nothing has come from the facility since',
  'waits-at-the-edge': 'the edge agent says that they wait to be sent',
  'kept-at-the-edge': 'the edge agent has sent them once and keeps them still',
  'not-reached-yet': 'the facility sends earlier minutes at present',
  asked: 'the edge agent was asked to send them again',
  'on-their-way': 'the edge agent says that it has sent them again',
  'not-in-the-answer': `the edge agent was asked, and they are still not here; ${NOT_AT_THE_EDGE}`,
  'never-answered': `the edge agent was asked for a day and did not answer; ${NOT_AT_THE_EDGE}`,
  'no-agent': `no edge agent of the facility holds a certificate; ${NOT_AT_THE_EDGE}`,
  'not-held': `the edge agent does not have them; ${NOT_AT_THE_EDGE}`,
  'not-asked': 'the edge agent does not say whether it has them, and was not asked yet',
  quarantined:
    'not at the edge, but messages that came from the facility later are in quarantine: `ew quarantine list`',
  'without-reading': 'stored without any reading although the unit was fired',
  'not-reported':
    'the facility has sent these minutes without this source: if its analysers were down, declare it (`ew outage declare`)',
};

/** Minutes of one source that are expected and not there with a reading, all for one reason. */
export interface Gap {
  readonly source: string;
  /** Counted from 1970 in UTC; `until` is the minute after the last. */
  readonly from: number;
  readonly until: number;
  readonly reason: GapReason;
}

/** Only what is stored is accounted for, with a reading or without one: every other gap is minutes that are missing. */
export const isMissing = ({ reason }: { readonly reason: GapReason }): boolean => reason !== 'without-reading';

/** The longest range that can be asked for: a quarter, with room. */
export const MOST_DAYS = 100;

const minuteRange = z.strictObject({ from: minuteText, until: minuteText });
const count = z.int().min(0);

/** What verify-continuity is asked for; without a range it does its regular work. */
export const continuityRequest = z.strictObject({
  range: minuteRange,
  /** @default every facility */
  facilities: z.array(z.string().regex(FACILITY_NAME)).min(1).max(200).optional(),
  /** Only the facilities after this one, which the answer before ended with. */
  after: z.string().regex(FACILITY_NAME).optional(),
  /** Wanted when nothing is missing. */
  certificate: z.boolean().default(false),
  /** Ask the edge agents for what is missing, also for what they have answered before. */
  resend: z.boolean().default(false),
});

export type ContinuityRequest = z.infer<typeof continuityRequest>;

const gap = z.strictObject({
  source: z.string().regex(NAME),
  from: minuteText,
  until: minuteText,
  class: z.enum(GAP_CLASSES),
  reason: z.enum(Object.keys(CLASS_OF_REASON) as [GapReason, ...GapReason[]]),
});

const sourceContinuity = z.strictObject({
  source: z.string().regex(NAME),
  /** First minute ever stored of it; null: none was. */
  begins: minuteText.nullable(),
  expectedMinutes: count,
  storedMinutes: count,
  /** Expected but for a declared outage. */
  declaredOutageMinutes: count,
  /** Stored without any reading. */
  analyserDownMinutes: count,
  missingMinutes: count,
});

const facilityContinuity = z.strictObject({
  facility: z.string().regex(FACILITY_NAME),
  /** When anything last arrived from it. */
  lastHeard: minuteText.nullable(),
  sources: z.array(sourceContinuity),
  /** Those that touch the range; of every source where none is named. */
  declaredOutages: z.array(minuteRange.extend({ source: z.string().regex(NAME).nullable() })),
  gaps: z.array(gap),
  /** Gaps that this answer has no room for. */
  gapsLeftOut: count,
  /** Ranges that its edge agents were asked for now. */
  asked: z.array(minuteRange),
});

/** What verify-continuity answers. */
export const continuityReport = z.strictObject({
  v: z.literal(1),
  range: minuteRange,
  checkedAt: z.iso.datetime(),
  /** Nothing that is expected in the range is missing. */
  complete: z.boolean(),
  facilities: z.array(facilityContinuity),
  /** There are more facilities than this answer has room for: it ends with this one. */
  continueAfter: z.string().regex(FACILITY_NAME).optional(),
  certificate: noGapCertificate.optional(),
});

export type ContinuityReport = z.infer<typeof continuityReport>;
export type FacilityContinuity = ContinuityReport['facilities'][number];
