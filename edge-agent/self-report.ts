import type { AgentReport } from '#core/contracts/agent-report';
import { minuteOfText, textOfMinute } from '#core/time';
import type { MinuteBuffer } from './buffer/minute-buffer.ts';
import type { Clock } from './clock.ts';
import type { Resends } from './resends.ts';
import type { Tally } from './tally.ts';

const MINUTE_MS = 60_000;
/** A live minute is acknowledged within the next one; what waits longer is worth a word. */
const WAITING_AFTER_MINUTES = 2;
/** `waiting` moves with every message of a backlog. */
const WAITING_AGAIN_MS = MINUTE_MS;
/** `keptFrom` moves with every minute; the cloud asks for a resend to know exactly. */
const KEPT_AGAIN_MINUTES = 60;

interface Parts {
  readonly buffer: MinuteBuffer;
  readonly resends: Resends;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly software: string;
}

/** What the agent says of itself now. */
export const selfReport = ({ buffer, resends, tally, clock, software }: Parts): AgentReport => {
  const now = clock.now();
  const { minutes } = buffer.pending();
  const from = minutes > 0 ? buffer.waitingFrom() : undefined;
  const late = from !== undefined && from + 1 + WAITING_AFTER_MINUTES <= now / MINUTE_MS;
  const keptFrom = buffer.keptFrom();
  return {
    v: 1,
    reportedAt: new Date(now).toISOString(),
    software,
    waiting: late ? { from: textOfMinute(from), minutes } : null,
    keptFrom: keptFrom === undefined ? null : textOfMinute(keptFrom),
    setAsideMinutes: tally.progress().setAsideMinutes,
    answered: [...resends.answered()],
  };
};

const keptMoved = (before: string | null, now: string | null): boolean =>
  before === null || now === null
    ? before !== now
    : Math.abs(minuteOfText(now) - minuteOfText(before)) >= KEPT_AGAIN_MINUTES;

/** Is `now` worth a message, after `before` was the last one? Nothing of it is while all is well. */
export const isWorthReporting = (before: AgentReport | undefined, now: AgentReport): boolean => {
  if (!before) return true;
  if ((before.waiting === null) !== (now.waiting === null)) return true;
  if (before.setAsideMinutes !== now.setAsideMinutes || before.software !== now.software) return true;
  if (before.answered.at(-1)?.command !== now.answered.at(-1)?.command) return true;
  if (keptMoved(before.keptFrom, now.keptFrom)) return true;
  const changed = before.waiting?.from !== now.waiting?.from || before.waiting?.minutes !== now.waiting?.minutes;
  return changed && Date.parse(now.reportedAt) - Date.parse(before.reportedAt) >= WAITING_AGAIN_MS;
};
