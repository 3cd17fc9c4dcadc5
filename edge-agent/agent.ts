import { textOfMinute } from '#core/time';
import { type Bell, bell } from './bell.ts';
import type { BufferedMessage, MinuteBuffer } from './buffer/minute-buffer.ts';
import { type ChaosKind, chaos } from './chaos.ts';
import type { Clock } from './clock.ts';
import type { Report } from './events.ts';
import { inFlight } from './in-flight.ts';
import type { Outgoing } from './outgoing.ts';
import type { Source } from './sources/source.ts';
import { type Tally, tallyOf } from './tally.ts';
import { deliver } from './uplink/deliver.ts';
import { phaseSeconds } from './uplink/pacing.ts';
import type { Uplink } from './uplink/uplink.ts';

/** Appends that may wait for the disk together: they share a flush. */
const APPENDS_IN_FLIGHT = 32;
/** Unacknowledged publishes: hides the round trip for a backlog, and stays under IoT Core's receive maximum of 100. */
const PUBLISHES_IN_FLIGHT = 32;
/** After a signal, time for answers that are on their way; what is not answered is sent again by the next run. */
const GRACE_MS = 2000;
const PROGRESS_MS = 500;

export interface AgentParts {
  readonly facility: string;
  readonly thing: string;
  readonly source: Source;
  readonly buffer: MinuteBuffer;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly report: Report;
  readonly chaos?: { readonly seed: number; readonly kinds: readonly ChaosKind[] } | undefined;
}

/** What the two loops of one run share. */
interface Run extends AgentParts {
  readonly tally: Tally;
  /** Aborted by a signal, or by the failure of one loop. */
  readonly stop: AbortSignal;
  /** Aborted when the source has ended and all its minutes are kept. */
  readonly ended: AbortController;
  /** Rung when the sending loop has something to look at. */
  readonly kept: Bell;
  /** Rung when minutes have left the buffer. */
  readonly room: Bell;
}

/** From the source into the buffer. */
const fill = async ({ facility, source, buffer, tally, report, stop, ended, kept, room }: Run): Promise<void> => {
  const appends = inFlight(APPENDS_IN_FLIGHT);
  for await (const block of source.minutes(buffer.resumeAt(source.key), stop)) {
    if (!buffer.hasRoom()) {
      report({ event: 'buffer-full', facility });
      while (!buffer.hasRoom() && !stop.aborted) await room.heard();
      // The source gives the block again to the next run.
      if (stop.aborted) break;
      report({ event: 'buffer-has-room', facility });
    }
    await appends.add(async () => {
      await buffer.append(source.key, block);
      tally.produced(block);
      kept.ring();
    });
  }
  await appends.drained();
  ended.abort();
  kept.ring();
};

const outgoing = (message: BufferedMessage, { buffer, tally, room }: Run): Outgoing => ({
  ...message,
  async acknowledge() {
    await buffer.acknowledge(message);
    room.ring();
  },
  async setAside(reason) {
    await buffer.setAside(message, reason);
    tally.setAside(message.minutes);
    room.ring();
  },
});

/** Messages out of the buffer as they become due, until the source has ended and everything was taken. */
async function* dueMessages(run: Run): AsyncGenerator<Outgoing> {
  const { thing, buffer, clock, stop, ended, kept } = run;
  const hurry = AbortSignal.any([ended.signal, stop]);
  while (!stop.aborted) {
    // Asked for before looking, or minutes that come between the look and the question would be overlooked.
    const last = ended.signal.aborted;
    const message = buffer.take();
    if (message) {
      // A live minute goes out at the thing's own second of the next minute; for a backlog that is long past.
      const due = ((message.start + message.minutes) * 60 + phaseSeconds(thing)) * 1000;
      if (due > clock.now()) await clock.sleep(due - clock.now(), hurry);
      yield outgoing(message, run);
    } else if (last) return;
    else await kept.heard();
  }
}

/** From the buffer to the cloud. */
const send = async (run: Run): Promise<void> => {
  const publishes = inFlight(PUBLISHES_IN_FLIGHT);
  const messages = run.chaos ? chaos(dueMessages(run), run.chaos) : dueMessages(run);
  for await (const message of messages) {
    if (run.stop.aborted) break;
    await publishes.add(() => deliver(message, run, run.stop));
  }
  await publishes.drained();
};

/** Reports progress when there is any, at most twice a second. Returns what ends it. */
const reportProgress = ({ facility, tally, report }: Run): (() => void) => {
  let reported = '';
  const timer = setInterval(() => {
    const progress = tally.progress();
    const text = JSON.stringify(progress);
    if (text !== reported) report({ event: 'progress', facility, ...progress });
    reported = text;
  }, PROGRESS_MS);
  return () => clearInterval(timer);
};

/**
 * Runs one facility: source, buffer and uplink, each at its own pace. Resolves when the source has ended and everything
 * is acknowledged (`done`), or after `signal` was aborted (`stopped`). Closes the buffer and the connection in any case.
 * @throws what the source or the disk throws; what was kept until then is sent by the next run
 */
export const runAgent = async (parts: AgentParts, signal: AbortSignal): Promise<'done' | 'stopped'> => {
  const { facility, thing, source, buffer, uplink, clock, report } = parts;
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const tally = tallyOf(source, buffer);
  const run: Run = { ...parts, tally, stop, ended: new AbortController(), kept: bell(), room: bell() };

  let disconnected: Promise<void> | undefined;
  const disconnect = () => (disconnected ??= uplink.stop());
  const onStop = () => {
    run.kept.ring();
    run.room.ring();
    void clock.sleep(GRACE_MS).then(disconnect);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });

  const resumeAt = buffer.resumeAt(source.key);
  report({
    event: 'started',
    facility,
    thing,
    ...(resumeAt === undefined ? {} : { resumeAt: textOfMinute(resumeAt) }),
    ...(source.totalMinutes === undefined ? {} : { totalMinutes: source.totalMinutes }),
  });
  const endProgress = reportProgress(run);
  uplink.start();
  try {
    const orFail = (error: unknown) => {
      failed.abort();
      throw error;
    };
    // Both have to be at rest before the buffer is closed, whichever of them failed.
    const loops = await Promise.allSettled([fill(run).catch(orFail), send(run).catch(orFail)]);
    for (const loop of loops) if (loop.status === 'rejected') throw loop.reason;
    const outcome = signal.aborted ? 'stopped' : 'done';
    report({ event: outcome, facility, ...tally.progress() });
    return outcome;
  } finally {
    endProgress();
    stop.removeEventListener('abort', onStop);
    await disconnect();
    await buffer.close();
  }
};
