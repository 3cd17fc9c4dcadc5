import { textOfMinute } from '#core/time';
import { bell } from './bell.ts';
import type { BufferedMessage, MinuteBuffer } from './buffer/minute-buffer.ts';
import { type ChaosKind, chaos } from './chaos.ts';
import type { Clock } from './clock.ts';
import type { Progress, Report } from './events.ts';
import { inFlight } from './in-flight.ts';
import { countSamples } from './message/facility-minutes.ts';
import type { Outgoing } from './outgoing.ts';
import { hashText, hashUnit } from './random.ts';
import type { Source } from './sources/source.ts';
import { phaseSeconds, retryDelayMs } from './uplink/pacing.ts';
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

/**
 * Runs one facility: source, buffer and uplink, each at its own pace. Resolves when the source has ended and everything
 * is acknowledged (`done`), or after `signal` was aborted (`stopped`). Closes the buffer and the connection in any case.
 * @throws what the source or the disk throws; what was kept until then is sent by the next run
 */
export const runAgent = async (parts: AgentParts, signal: AbortSignal): Promise<'done' | 'stopped'> => {
  const { facility, thing, source, buffer, uplink, clock, report } = parts;
  const stop = new AbortController();
  const kept = bell();
  const room = bell();
  let disconnected: Promise<void> | undefined;
  const disconnect = () => (disconnected ??= uplink.stop());
  stop.signal.addEventListener('abort', () => {
    kept.ring();
    room.ring();
    void clock.sleep(GRACE_MS).then(disconnect);
  });
  const onSignal = () => stop.abort();
  signal.addEventListener('abort', onSignal, { once: true });
  if (signal.aborted) onSignal();

  const resumeAt = buffer.resumeAt(source.key);
  let producedMinutes = resumeAt === undefined ? 0 : source.minutesBefore(resumeAt);
  let samples = 0;
  let setAsideMinutes = 0;
  for (const { minutes } of buffer.aside()) setAsideMinutes += minutes;
  const total = source.totalMinutes === undefined ? {} : { totalMinutes: source.totalMinutes };
  const progress = (): Progress => ({
    producedMinutes,
    acknowledgedMinutes: Math.max(0, producedMinutes - buffer.pending().minutes - setAsideMinutes),
    setAsideMinutes,
    ...total,
    samples,
  });
  let reported = '';
  const reportProgress = () => {
    const now = JSON.stringify(progress());
    if (now === reported) return;
    reported = now;
    report({ event: 'progress', facility, ...progress() });
  };

  const ended = new AbortController();
  const hurry = AbortSignal.any([ended.signal, stop.signal]);

  const fill = async () => {
    const appends = inFlight(APPENDS_IN_FLIGHT);
    for await (const block of source.minutes(resumeAt, stop.signal)) {
      if (!buffer.hasRoom()) {
        report({ event: 'buffer-full', facility });
        while (!buffer.hasRoom() && !stop.signal.aborted) await room.heard();
        if (stop.signal.aborted) break;
        report({ event: 'buffer-has-room', facility });
      }
      await appends.add(async () => {
        await buffer.append(source.key, block);
        producedMinutes += block.minutes;
        samples += countSamples(block);
        kept.ring();
      });
    }
    await appends.drained();
    ended.abort();
    kept.ring();
  };

  /** A live minute goes out at the thing's own second of the next minute; for a backlog that is long past. */
  const untilPhase = async ({ start, minutes }: BufferedMessage) => {
    const due = ((start + minutes) * 60 + phaseSeconds(thing)) * 1000;
    const wait = due - clock.now();
    if (wait > 0) await clock.sleep(wait, hurry);
  };

  async function* outgoing(): AsyncGenerator<Outgoing> {
    while (!stop.signal.aborted) {
      // Asked for before looking, or minutes that come between the look and the question would be overlooked.
      const last = ended.signal.aborted;
      const message = buffer.take();
      if (message) {
        await untilPhase(message);
        yield {
          ...message,
          acknowledge: () => buffer.acknowledge(message),
          async setAside(reason) {
            await buffer.setAside(message, reason);
            setAsideMinutes += message.minutes;
          },
        };
      } else if (last) return;
      else await kept.heard();
    }
  }

  /** Sends one message until it is acknowledged, or set aside with its reason. */
  const deliver = async (message: Outgoing) => {
    for (let attempt = 1; !stop.signal.aborted; attempt++) {
      const outcome = await uplink.publish(message.body).catch((error: unknown) => ({
        kind: 'refused' as const,
        code: null,
        reason: error instanceof Error ? error.message : `${error}`,
        final: false,
      }));
      if (outcome.kind === 'acknowledged') {
        await message.acknowledge();
        room.ring();
        return;
      }
      const { code, reason, final } = outcome;
      const minute = textOfMinute(message.start);
      if (final) {
        await message.setAside(`${code === null ? '' : `reason code ${code}: `}${reason}`);
        report({ event: 'set-aside', facility, minute, code, reason });
        room.ring();
        return;
      }
      if (stop.signal.aborted) return;
      report({ event: 'refused', facility, minute, code, reason });
      const jitter = hashUnit(hashText(thing), message.start, attempt);
      await clock.sleep(retryDelayMs(attempt, jitter), stop.signal);
    }
  };

  const send = async () => {
    const publishes = inFlight(PUBLISHES_IN_FLIGHT);
    const messages = parts.chaos ? chaos(outgoing(), parts.chaos) : outgoing();
    for await (const message of messages) {
      if (stop.signal.aborted) break;
      await publishes.add(() => deliver(message));
    }
    await publishes.drained();
  };

  report({
    event: 'started',
    facility,
    thing,
    ...(resumeAt === undefined ? {} : { resumeAt: textOfMinute(resumeAt) }),
    ...total,
  });
  const ticker = setInterval(reportProgress, PROGRESS_MS);
  uplink.start();
  try {
    const orStop = (error: unknown) => {
      stop.abort();
      throw error;
    };
    // Both have to be at rest before the buffer is closed, whichever of them failed.
    const loops = await Promise.allSettled([fill().catch(orStop), send().catch(orStop)]);
    for (const loop of loops) if (loop.status === 'rejected') throw loop.reason;
    const outcome = signal.aborted ? 'stopped' : 'done';
    report({ event: outcome, facility, ...progress() });
    return outcome;
  } finally {
    clearInterval(ticker);
    signal.removeEventListener('abort', onSignal);
    await disconnect();
    await buffer.close();
  }
};
