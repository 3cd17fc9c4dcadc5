import { textOfMinute } from '#core/time';
import type { Clock } from '../clock.ts';
import type { Report } from '../events.ts';
import type { Outgoing } from '../outgoing.ts';
import { hashText, hashUnit } from '../random.ts';
import { retryDelayMs } from './pacing.ts';
import type { PublishOutcome, Uplink } from './uplink.ts';

interface Delivery {
  readonly facility: string;
  readonly thing: string;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly report: Report;
}

const publish = async (uplink: Uplink, body: Uint8Array): Promise<PublishOutcome> => {
  try {
    return await uplink.publish(body);
  } catch (error) {
    // Not sent, or not answered in time: as good as refused for now.
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', code: null, reason, final: false };
  }
};

/** Sends one message until it is acknowledged or, if it never will be, set aside. Returns early when `stop` is aborted. */
export const deliver = async (
  message: Outgoing,
  { facility, thing, uplink, clock, report }: Delivery,
  stop: AbortSignal,
): Promise<void> => {
  const minute = textOfMinute(message.start);
  for (let attempt = 1; !stop.aborted; attempt++) {
    const outcome = await publish(uplink, message.body);
    if (outcome.kind === 'acknowledged') return message.acknowledge();
    const { code, reason, final } = outcome;
    if (final) {
      await message.setAside(code === null ? reason : `reason code ${code}: ${reason}`);
      report({ event: 'set-aside', facility, minute, code, reason });
      return;
    }
    if (stop.aborted) return;
    report({ event: 'refused', facility, minute, code, reason });
    await clock.sleep(retryDelayMs(attempt, hashUnit(hashText(thing), message.start, attempt)), stop);
  }
};
