import type { FacilityFacts } from '#core/continuity/classify';
import type { Hole } from '#core/continuity/find-gaps';
import type { Range } from '#core/continuity/ranges';
import type { ResendRequest } from '#core/continuity/resend';
import type { AgentReport } from '#core/contracts/agent-report';
import { textOfMinute } from '#core/time';

/** A minute of a source as it is stored: with readings, or without any. */
export interface StoredMinute {
  readonly source: string;
  readonly minute: number;
  readonly blank?: boolean;
}

/** What the store answers: the stretches without a reading, and those within that are stored all the same. */
export const holesIn = (range: Range, sources: readonly string[], stored: readonly StoredMinute[]): Hole[] =>
  sources.flatMap((source) => {
    const of = (blank: boolean) =>
      new Set(stored.filter((one) => one.source === source && (one.blank ?? false) === blank).map((one) => one.minute));
    const good = of(false);
    const blank = new Set([...of(true)].filter((minute) => !good.has(minute)));
    return [
      ...stretches(source, 'absent', range, (minute) => !good.has(minute)),
      ...stretches(source, 'blank', range, (minute) => blank.has(minute)),
    ];
  });

const stretches = (source: string, kind: Hole['kind'], range: Range, isIn: (minute: number) => boolean): Hole[] => {
  const found: Hole[] = [];
  let from: number | undefined;
  for (let minute = range.from; minute <= range.until; minute++) {
    const inside = minute < range.until && isIn(minute);
    if (inside) from ??= minute;
    else if (from !== undefined) {
      found.push({ source, kind, from, until: minute });
      from = undefined;
    }
  }
  return found;
};

export const NOW = 29_000_000;

export const report = (change: Partial<AgentReport> = {}, at = NOW): AgentReport => ({
  v: 1,
  reportedAt: textOfMinute(at).replace('Z', ':00.000Z'),
  software: '1.0.0',
  waiting: null,
  keptFrom: null,
  setAsideMinutes: 0,
  answered: [],
  ...change,
});

export const request = (change: Partial<ResendRequest> & Range): ResendRequest => ({
  id: `resend-${change.from}`,
  facility: 'P1',
  thing: 'edge-P1',
  requestedMinute: NOW - 30,
  sentMinute: NOW - 30,
  attempts: 1,
  answeredMinute: null,
  answeredMinutes: null,
  expiredMinute: null,
  ...change,
});

/** A facility that is heard every minute. */
export const heard = (change: Partial<FacilityFacts> = {}): FacilityFacts => ({
  nowMinute: NOW,
  heardMinute: NOW,
  watermark: NOW - 1,
  agents: [{ report: report() }],
  requests: [],
  ...change,
});
