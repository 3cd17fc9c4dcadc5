import { textOfMinute } from '#core/time';
import { bell } from './bell.ts';
import { chaos } from './chaos.ts';
import { converse } from './converse.ts';
import { dueMessages, type Sending } from './due-messages.ts';
import { fill } from './fill.ts';
import { inFlight } from './in-flight.ts';
import { resendsOf } from './resends.ts';
import type { AgentParts, Run } from './run.ts';
import { tallyOf } from './tally.ts';
import { deliver } from './uplink/deliver.ts';

export type { AgentParts } from './run.ts';

/** Unacknowledged publishes: hides the round trip for a backlog, and stays under IoT Core's receive maximum of 100. */
const PUBLISHES_IN_FLIGHT = 32;
/**
 * On the way of 100 ms to the cloud and back this is more than the 512 KB a second that IoT Core takes; more would only
 * hold back live minutes, and on a slow line the signs of life that keep the connection.
 */
const BYTES_IN_FLIGHT = 64 * 1024;
/** After a signal, time for answers that are on their way; what is not answered is sent again by the next run. */
const GRACE_MS = 2000;
const PROGRESS_MS = 500;

/** From the buffer to the cloud. */
const send = async (run: Sending): Promise<void> => {
  const publishes = inFlight(PUBLISHES_IN_FLIGHT, BYTES_IN_FLIGHT);
  const messages = run.chaos ? chaos(dueMessages(run), run.chaos) : dueMessages(run);
  for await (const message of messages) {
    if (run.stop.aborted) break;
    await publishes.add(() => deliver(message, run, run.stop), message.body.length);
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

const reportStart = ({ facility, thing, source, buffer, report }: Run): void => {
  const resumeAt = buffer.resumeAt(source.key);
  report({
    event: 'started',
    facility,
    thing,
    ...(resumeAt === undefined ? {} : { resumeAt: textOfMinute(resumeAt) }),
    ...(source.totalMinutes === undefined ? {} : { totalMinutes: source.totalMinutes }),
  });
};

/**
 * Runs one facility: source, buffer and uplink, each at its own pace. Resolves when the source has ended and everything
 * is acknowledged (`done`; one that `stays` only then waits for `signal`), or after `signal` was aborted (`stopped`).
 * Closes the buffer and the connection in any case.
 * @throws what the source or the disk throws; what was kept until then is sent by the next run
 */
export const runAgent = async (parts: AgentParts, signal: AbortSignal): Promise<'done' | 'stopped'> => {
  const { facility, source, buffer, uplink, clock, report } = parts;
  const failed = new AbortController();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const kept = bell();
  const run: Run = {
    ...parts,
    tally: tallyOf(source, buffer),
    resends: resendsOf({ facility, buffer, report, changed: () => kept.ring() }),
    stop,
    ended: new AbortController(),
    kept,
    room: bell(),
  };

  let disconnected: Promise<void> | undefined;
  const disconnect = () => (disconnected ??= uplink.stop());
  const onStop = () => {
    run.kept.ring();
    run.room.ring();
    void clock.sleep(GRACE_MS).then(disconnect);
  };
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });

  let done = false;
  const lookIfDone = () => {
    if (!run.stays || done || stop.aborted || !run.ended.signal.aborted || buffer.pending().minutes > 0) return;
    done = true;
    report({ event: 'done', facility, ...run.tally.progress() });
  };

  reportStart(run);
  const endProgress = reportProgress(run);
  const conversing = converse({ ...run, stop: AbortSignal.any([stop, over.signal]) });
  uplink.start();
  try {
    const orFail = (error: unknown) => {
      failed.abort();
      throw error;
    };
    const filling = fill(run).then(lookIfDone);
    const sending = send({ ...run, acknowledged: lookIfDone });
    const talking = conversing.catch(orFail);
    // All have to be at rest before the buffer is closed, whichever of them failed.
    const loops = await Promise.allSettled([filling.catch(orFail), sending.catch(orFail)]);
    over.abort();
    await disconnect();
    const [talk] = await Promise.allSettled([talking]);
    for (const loop of [...loops, talk]) if (loop.status === 'rejected') throw loop.reason;
    if (done) return 'done';
    const outcome = signal.aborted ? 'stopped' : 'done';
    report({ event: outcome, facility, ...run.tally.progress() });
    return outcome;
  } finally {
    endProgress();
    stop.removeEventListener('abort', onStop);
    await disconnect();
    await buffer.close();
  }
};
