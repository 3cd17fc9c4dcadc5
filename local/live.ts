import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#adapters/data-api';
import { dataApiRecords } from '#adapters/data-api-records';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Agents } from './agents.ts';
import { newNotices, noticeLine } from './notices.ts';
import type { Progress } from './progress.ts';
import { type Assignment, sum } from './run.ts';
import type { PublishedNotice } from './services/sns.ts';
import { hourLines } from './summary.ts';

const LOOK_EVERY_MS = 1000;
const HEARD_EVERY_MS = 60_000;
/** Minutes that wait when an agent is not behind. */
const FEW_WAITING = 3;

export interface Live {
  readonly agents: Agents;
  readonly database: Database;
  readonly assignment: Assignment;
  /** What people were told, the newest last. */
  readonly notices: () => readonly PublishedNotice[];
  readonly bar: Progress;
  readonly print: (line: string) => void;
  readonly stopped: AbortSignal;
  /** Called once, when what had gathered before the start is stored. */
  readonly caughtUp: () => Promise<void>;
}

/**
 * Follows the plant until it is stopped: each newly stored hour with its limits, what people are told, and that minutes
 * keep arriving.
 */
export const liveLines = async ({
  agents,
  database,
  assignment,
  notices,
  bar,
  print,
  stopped,
  caughtUp,
}: Live): Promise<void> => {
  const records = dataApiRecords(database);
  const facilities = assignment.plans.map(({ facility }) => facility);
  const isNew = newHours();
  const told = newNotices(notices);
  let heard = { at: 0, acknowledged: 0 };
  let behind = true;
  let ended: Promise<'ended'> | undefined = agents.done.then(() => 'ended' as const);
  while (!stopped.aborted) {
    const { acknowledged, produced, total } = sum(agents);
    const state = `${acknowledged.toLocaleString('en')} minutes acknowledged, ${(produced - acknowledged).toLocaleString('en')} waiting`;
    if (bar.live) bar.show(acknowledged, total, state);
    for (const { hour, records: windows } of await records.latest(facilities)) {
      if (!isNew(hour, windows.length > 0)) continue;
      bar.clear();
      for (const line of hourLines(hour, windows)) print(line);
    }
    if (behind && acknowledged > 0 && produced - acknowledged <= FEW_WAITING) {
      behind = false;
      await caughtUp();
    }
    for (const notice of told()) {
      bar.clear();
      print(noticeLine(notice));
    }
    if (performance.now() - heard.at > HEARD_EVERY_MS && acknowledged > heard.acknowledged) {
      bar.clear();
      print(state);
      heard = { at: performance.now(), acknowledged };
    }
    const pause = sleep(LOOK_EVERY_MS, 'paused' as const, { signal: stopped }).catch(() => 'stopped' as const);
    if ((await Promise.race([pause, ended ?? pause])) === 'ended') ended = undefined;
  }
  bar.clear();
};

/** Looks that an hour waits for its limits, which are checked a moment after it is stored. */
const PATIENCE = 3;

/** Tells each source's newest hour once: with its limits if they come soon, else without. */
const newHours = () => {
  const seen = new Map<string, { readonly hour: string; looks: number; told: boolean }>();
  return ({ facility, source, hour, operatingTime }: EmissionHour, hasLimits: boolean): boolean => {
    const name = `${facility}/${source}`;
    const known = seen.get(name);
    const now = known?.hour === hour ? known : { hour, looks: 0, told: false };
    seen.set(name, now);
    now.looks++;
    const tell = !now.told && (hasLimits || Number(operatingTime) === 0 || now.looks > PATIENCE);
    now.told ||= tell;
    return tell;
  };
};
