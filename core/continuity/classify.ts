import type { AgentReport } from '../contracts/agent-report.ts';
import type { Gap, GapReason } from '../contracts/continuity-report.ts';
import { minuteOfText } from '../time.ts';
import type { SourceFindings } from './find-gaps.ts';
import { firstMinutes, intersect, minutesIn, type Range, subtract } from './ranges.ts';
import { isOpen, type ResendRequest } from './resend.ts';

/** A facility sends every minute. One that has been silent for so long is offline. */
const SILENT_MINUTES = 3;
/** After an agent says that it has sent minutes again, they may be on their way for so long. */
const ON_THEIR_WAY_MINUTES = 10;

export interface AgentFacts {
  /** The last report of the agent; undefined when it never made one. */
  readonly report: AgentReport | undefined;
}

/** All that is known of a facility besides its minutes. */
export interface FacilityFacts {
  readonly nowMinute: number;
  /** The minute in which anything last arrived, by our clock; undefined: never. */
  readonly heardMinute: number | undefined;
  /** The minute after the last one that the facility has sent. */
  readonly watermark: number | undefined;
  readonly agents: readonly AgentFacts[];
  readonly requests: readonly ResendRequest[];
  /** The minute in which the last message arrived that is in quarantine now; undefined: none is. */
  readonly quarantinedMinute?: number | undefined;
}

/** Nothing has come for a while, and what came before ends at this minute. Undefined while the facility is heard. */
const silentSince = ({ nowMinute, heardMinute, watermark }: FacilityFacts): number | undefined => {
  if (heardMinute === undefined || watermark === undefined) return Number.NEGATIVE_INFINITY;
  return nowMinute - heardMinute >= SILENT_MINUTES ? watermark : undefined;
};

export const isSilent = (facts: FacilityFacts): boolean => silentSince(facts) !== undefined;

const ALWAYS = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

type Explained = Range & { readonly reason: GapReason };

/** Reasons in the order in which they are asked; each takes what it explains of the minutes that are left. */
type Rule = readonly [GapReason, (left: readonly Range[], facts: FacilityFacts) => readonly Range[]];

const reportsOf = ({ agents }: FacilityFacts): AgentReport[] =>
  agents.flatMap(({ report }) => (report === undefined ? [] : [report]));

/** A report says nothing of minutes that had not ended when it was made. */
const until = ({ reportedAt }: AgentReport): number => Math.floor(Date.parse(reportedAt) / 60_000);

const ranges = (requests: readonly ResendRequest[]): readonly Range[] =>
  requests.map(({ from, until: end }) => ({ from, until: end }));

const answered = ({ requests }: FacilityFacts, test: (request: ResendRequest) => boolean): readonly Range[] =>
  ranges(requests.filter((request) => !isOpen(request) && test(request)));

const RULES: readonly Rule[] = [
  [
    'facility-silent',
    (_, facts) => {
      const since = silentSince(facts);
      return since === undefined ? [] : [{ ...ALWAYS, from: since }];
    },
  ],
  [
    // The agent counts what waits but names only its first minute; live minutes may have gone between, and are stored.
    'waits-at-the-edge',
    (left, facts) =>
      reportsOf(facts).flatMap((report) =>
        report.waiting === null
          ? []
          : firstMinutes(
              intersect(left, [{ from: minuteOfText(report.waiting.from), until: until(report) }]),
              report.waiting.minutes,
            ),
      ),
  ],
  // A facility's messages keep their order: what is later than the last stored one may still be under way.
  ['not-reached-yet', (_, { watermark }) => (watermark === undefined ? [] : [{ ...ALWAYS, from: watermark }])],
  ['asked', (_, { requests }) => ranges(requests.filter(isOpen))],
  [
    'on-their-way',
    (_, facts) =>
      answered(
        facts,
        ({ answeredMinute, answeredMinutes }) =>
          answeredMinute !== null && answeredMinutes !== 0 && facts.nowMinute - answeredMinute <= ON_THEIR_WAY_MINUTES,
      ),
  ],
  ['not-in-the-answer', (_, facts) => answered(facts, ({ answeredMinute }) => answeredMinute !== null)],
  ['never-answered', (_, facts) => answered(facts, ({ answeredMinute }) => answeredMinute === null)],
  ['no-agent', (_, { agents }) => (agents.length === 0 ? [ALWAYS] : [])],
  [
    'kept-at-the-edge',
    (_, facts) =>
      reportsOf(facts).flatMap((report) =>
        report.keptFrom === null ? [] : [{ from: minuteOfText(report.keptFrom), until: until(report) }],
      ),
  ],
  [
    'not-held',
    (_, facts) => {
      const reports = reportsOf(facts);
      // One agent that has not reported may hold them still.
      if (reports.length < facts.agents.length) return [];
      return [{ ...ALWAYS, until: Math.min(...reports.map(until)) }];
    },
  ],
  ['not-asked', () => [ALWAYS]],
];

/** Nobody at the edge has them. */
const GONE: ReadonlySet<GapReason> = new Set(['not-in-the-answer', 'never-answered', 'no-agent', 'not-held']);

/** What a message in quarantine holds is not known here: it may be any minute before it arrived. */
const mayBeQuarantined = (
  { reason, from, until: end }: Explained,
  { quarantinedMinute }: FacilityFacts,
): Explained[] => {
  if (quarantinedMinute === undefined || !GONE.has(reason)) return [{ from, until: end, reason }];
  const at = Math.min(Math.max(from, quarantinedMinute), end);
  return [
    { from, until: at, reason: 'quarantined' as const },
    { from: at, until: end, reason },
  ].filter((part) => part.from < part.until);
};

/** Why each missing minute is missing: ranges in order that together are exactly the missing minutes. */
export const explain = (missing: readonly Range[], facts: FacilityFacts): Explained[] => {
  const explained: Explained[] = [];
  let left = missing;
  for (const [reason, covers] of RULES) {
    if (minutesIn(left) === 0) break;
    const covered = intersect(left, covers(left, facts));
    for (const range of covered) explained.push({ ...range, reason });
    left = subtract(left, covered);
  }
  return explained.flatMap((one) => mayBeQuarantined(one, facts)).sort((a, b) => a.from - b.from);
};

/** Every gap of a facility, by source and time. */
export const classify = (findings: readonly SourceFindings[], facts: FacilityFacts): Gap[] =>
  findings.flatMap(({ source, missing, withoutReading, notReported }) =>
    [
      ...explain(missing, facts),
      ...withoutReading.map((range) => ({ ...range, reason: 'without-reading' as const })),
      ...notReported.map((range) => ({ ...range, reason: 'not-reported' as const })),
    ]
      .sort((a, b) => a.from - b.from)
      .map(({ from, until: end, reason }) => ({ source, from, until: end, reason })),
  );
