import type { BufferedMessage, IsLive } from './buffer/taking.ts';
import type { Outgoing } from './outgoing.ts';
import type { Run } from './run.ts';
import { phaseSeconds } from './uplink/pacing.ts';

const MINUTE_MS = 60_000;
/** A minute that ended at most so long ago is live, and goes past a backlog. */
const LIVE_MINUTES = 2;
/** Messages of a backlog for each one that the cloud asked for again: a backlog that never ends must not starve those. */
const BACKLOG_PER_RESEND = 7;

const endMs = ({ start, minutes }: { readonly start: number; readonly minutes: number }) =>
  (start + minutes) * MINUTE_MS;

/** Minutes that are ahead of now by more than the current one come from a wrong clock, and have nothing to wait for. */
const liveAt =
  (now: number): IsLive =>
  (minutes) =>
    minutes.minutes <= LIVE_MINUTES &&
    endMs(minutes) > now - LIVE_MINUTES * MINUTE_MS &&
    endMs(minutes) <= now + MINUTE_MS;

const outgoing = (message: BufferedMessage, { buffer, tally, room, acknowledged }: Sending): Outgoing => ({
  ...message,
  async acknowledge() {
    await buffer.acknowledge(message);
    room.ring();
    acknowledged();
  },
  async setAside(reason) {
    await buffer.setAside(message, reason);
    tally.setAside(message.minutes);
    room.ring();
    acknowledged();
  },
});

export interface Sending extends Run {
  /** Called when minutes have left the buffer, or the source has ended. */
  acknowledged(): void;
}

/**
 * Messages out of the buffer as they become due, on three lanes: live minutes, each at the thing's own second after its
 * end; between them a backlog, in order of time; and what the cloud asked for again, when neither has anything, and as
 * every eighth while a backlog lasts. Ends when the source has ended and everything was taken, or on `stop`.
 */
export async function* dueMessages(run: Sending): AsyncGenerator<Outgoing> {
  const { thing, buffer, clock, stop, ended, kept, resends, stays } = run;
  const phaseMs = phaseSeconds(thing) * 1000;
  let sinceResend = 0;
  while (!stop.aborted) {
    // Asked for before looking, or minutes that come between the look and the question would be overlooked.
    const last = ended.signal.aborted;
    const now = clock.now();
    const isLive = liveAt(now);
    const live = buffer.nextLive(isLive);
    const dueMs = live ? endMs(live) + phaseMs : Number.POSITIVE_INFINITY;
    const isDue = dueMs <= now;
    const inTurn = !isDue && sinceResend >= BACKLOG_PER_RESEND ? resends.next() : undefined;
    const message = inTurn ? undefined : last ? buffer.take() : isDue ? buffer.takeLive(isLive) : buffer.take(isLive);
    const again = inTurn ?? (message ? undefined : resends.next());
    sinceResend = again ? 0 : sinceResend + 1;
    if (message) yield outgoing(message, run);
    else if (again) yield again;
    else if (live) await kept.heardWithin(dueMs - now, clock);
    else if (last && !stays && !resends.busy()) return;
    else await kept.heard();
  }
}
