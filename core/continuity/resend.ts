import type { Gap } from '../contracts/continuity-report.ts';
import { type Range, subtract, unite } from './ranges.ts';

/** A resend command that was sent, and what became of it. Minutes count from 1970 in UTC. */
export interface ResendRequest extends Range {
  /** Names the command in the agent's report. */
  readonly id: string;
  readonly facility: string;
  readonly thing: string;
  readonly requestedMinute: number;
  /** When it was sent last, and how often. */
  readonly sentMinute: number;
  readonly attempts: number;
  /** When the agent's answer was seen first, and how many facility-minutes it found. */
  readonly answeredMinute: number | null;
  readonly answeredMinutes: number | null;
  /** When it was no longer waited for, unanswered. */
  readonly expiredMinute: number | null;
}

/** An agent keeps acknowledged minutes for a day: what it has not answered by then it cannot answer any more. */
const ANSWER_WITHIN_MINUTES = 24 * 60;
const FIRST_PAUSE_MINUTES = 5;
const LONGEST_PAUSE_MINUTES = 60;
/** Ranges nearer to each other are asked for together: minutes sent twice change nothing, and commands are few. */
const TOGETHER_MINUTES = 60;
/** An agent reports its latest 16 answers; with fewer open requests none is missed. */
const MOST_OPEN = 8;

export const isOpen = ({ answeredMinute, expiredMinute }: ResendRequest): boolean =>
  answeredMinute === null && expiredMinute === null;

export const isExpired = (request: ResendRequest, nowMinute: number): boolean =>
  isOpen(request) && nowMinute - request.requestedMinute >= ANSWER_WITHIN_MINUTES;

/** An open request is sent again, under the same name, after 5, 10, 20, 40 and then every 60 minutes. */
export const isDueAgain = (request: ResendRequest, nowMinute: number): boolean =>
  isOpen(request) &&
  nowMinute - request.sentMinute >= Math.min(LONGEST_PAUSE_MINUTES, FIRST_PAUSE_MINUTES * 2 ** (request.attempts - 1));

/** Reasons that ask for a resend by themselves. */
const ASKS = new Set<Gap['reason']>(['kept-at-the-edge', 'not-asked']);
/** Reasons for which an operator may ask again. What waits is sent anyway, and nobody hears a silent facility's agent. */
const ASKS_ON_REQUEST = new Set<Gap['reason']>([
  ...ASKS,
  'not-held',
  'not-in-the-answer',
  'never-answered',
  'quarantined',
  'not-reported',
]);

/**
 * The ranges to ask a facility's agent for: what its gaps lack, joined over the sources, without what an open request
 * asks for already; oldest first, and not more than may be open at a time.
 * @param again an operator asks: also for what the agent has answered before
 */
export const rangesToAsk = (gaps: readonly Gap[], requests: readonly ResendRequest[], again = false): Range[] => {
  const asks = again ? ASKS_ON_REQUEST : ASKS;
  const open = requests.filter(isOpen);
  const wanted = subtract(
    gaps.filter(({ reason }) => asks.has(reason)),
    open,
  );
  const joined: Range[] = [];
  for (const range of unite(wanted)) {
    const last = joined.at(-1);
    const between = last && { from: last.from, until: range.until };
    const free = between && !open.some(({ from, until }) => from < between.until && until > between.from);
    if (free && range.from - last.until <= TOGETHER_MINUTES) joined[joined.length - 1] = between;
    else joined.push(range);
  }
  return joined.slice(0, Math.max(0, MOST_OPEN - open.length));
};
