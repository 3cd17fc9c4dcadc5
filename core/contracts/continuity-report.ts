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
  'without-reading': 'analyser-down',
  'not-reported': 'analyser-down',
} as const;

export type GapReason = keyof typeof CLASS_OF_REASON;
export type GapClass = (typeof CLASS_OF_REASON)[GapReason];

/** From the worst to the mildest. */
export const GAP_CLASSES = ['lost', 'edge-offline', 'resend-requested', 'buffered', 'analyser-down'] as const;

/** The reasons in words, for people. */
export const REASON_TEXT: Readonly<Record<GapReason, string>> = {
  'facility-silent': 'nothing has come from the facility since',
  'waits-at-the-edge': 'the edge agent says that they wait to be sent',
  'kept-at-the-edge': 'the edge agent has sent them once and keeps them still',
  'not-reached-yet': 'the facility sends earlier minutes at present',
  asked: 'the edge agent was asked to send them again',
  'on-their-way': 'the edge agent says that it has sent them again',
  'not-in-the-answer': 'the edge agent was asked, and they are still not here',
  'never-answered': 'the edge agent was asked for a day and did not answer',
  'no-agent': 'no edge agent is registered for the facility',
  'not-held': 'the edge agent does not have them',
  'not-asked': 'the edge agent does not say whether it has them, and was not asked yet',
  'without-reading': 'stored without any reading',
  'not-reported': 'the facility has sent these minutes without this source',
};

/** Minutes of one source that are expected and not there with a reading, all for one reason. */
export interface Gap {
  readonly source: string;
  /** Counted from 1970 in UTC; `until` is the minute after the last. */
  readonly from: number;
  readonly until: number;
  readonly reason: GapReason;
}

/** The minutes of an analyser that is down are accounted for: every other gap is minutes that are missing. */
export const isMissing = ({ reason }: { readonly reason: GapReason }): boolean =>
  CLASS_OF_REASON[reason] !== 'analyser-down';

const minuteRange = z.strictObject({ from: minuteText, until: minuteText });
const count = z.int().min(0);

/** What verify-continuity is asked for; without a range it does its regular work. */
export const continuityRequest = z.strictObject({
  range: minuteRange,
  /** @default every facility */
  facilities: z.array(z.string().regex(FACILITY_NAME)).min(1).max(200).optional(),
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
  certificate: noGapCertificate.optional(),
});

export type ContinuityReport = z.infer<typeof continuityReport>;
export type FacilityContinuity = ContinuityReport['facilities'][number];
