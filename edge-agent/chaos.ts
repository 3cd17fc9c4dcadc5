import { copyOf, withMessageFaults } from './faults/message-faults.ts';
import type { Numbered } from './faults/script.ts';
import { decode, encodeWhole } from './message/encode.ts';
import { continues, cut, type FacilityMinutes, join } from './message/facility-minutes.ts';
import type { Outgoing } from './outgoing.ts';
import { seeded } from './random.ts';

/**
 * - `duplicate`: some messages are sent twice; some minutes again in messages that are cut elsewhere and overlap.
 * - `reorder`: messages change places within a window.
 * - `late`: some are held back for up to a week of event time, and at the end at the latest sent.
 */
export type ChaosKind = 'duplicate' | 'reorder' | 'late';

const DUPLICATED = 0.15;
const CUT_ANEW = 0.15;
const LATE = 0.05;
const REORDER_WINDOW = 24;
const WEEK_MINUTES = 7 * 24 * 60;

/** The second half of one message and the first half of the next in one, or half of the message if none can follow. */
const cutAnew = (before: Uint8Array | undefined, body: Uint8Array): Outgoing | undefined => {
  const block = decode(body);
  const head = cut(block, 0, Math.ceil(block.minutes / 2));
  const parts: FacilityMinutes[] = [head];
  if (before) {
    const earlier = decode(before);
    const tail = cut(earlier, Math.floor(earlier.minutes / 2), earlier.minutes);
    if (continues(tail, head)) parts.unshift(tail);
  }
  const whole = encodeWhole(join(parts));
  return whole && copyOf(whole);
};

async function* duplicated(messages: AsyncIterable<Outgoing>, random: () => number): AsyncGenerator<Outgoing> {
  let before: Uint8Array | undefined;
  for await (const message of messages) {
    yield message;
    if (random() < DUPLICATED) yield copyOf(message);
    const anew = random() < CUT_ANEW ? cutAnew(before, message.body) : undefined;
    if (anew) yield anew;
    before = message.body;
  }
}

async function* late(messages: AsyncIterable<Outgoing>, random: () => number): AsyncGenerator<Outgoing> {
  let held: { readonly until: number; readonly message: Outgoing }[] = [];
  for await (const message of messages) {
    const due = held.filter(({ until }) => until <= message.start);
    if (due.length > 0) held = held.filter(({ until }) => until > message.start);
    for (const one of due) yield one.message;
    if (random() < LATE) held.push({ until: message.start + random() * WEEK_MINUTES, message });
    else yield message;
  }
  for (const { message } of held) yield message;
}

async function* reordered(messages: AsyncIterable<Outgoing>, random: () => number): AsyncGenerator<Outgoing> {
  const window: Outgoing[] = [];
  const anyOne = () => window.splice(Math.floor(random() * window.length), 1)[0]!;
  for await (const message of messages) {
    window.push(message);
    if (window.length >= REORDER_WINDOW) yield anyOne();
  }
  while (window.length > 0) yield anyOne();
}

export interface Trouble {
  readonly seed: number;
  readonly kinds: readonly ChaosKind[];
  /** Those of a fault script come first, so that chaos also strikes what they made. */
  readonly faults?: readonly Numbered[];
}

/**
 * Wraps a facility's outgoing messages in trouble that the cloud has to put up with, seeded. Every minute still goes
 * out at least once, and none that the buffer does not hold. Meant for sources that end: what is held back at the end
 * of the messages is sent then.
 */
export const chaos = (
  messages: AsyncIterable<Outgoing>,
  { seed, kinds, faults = [] }: Trouble,
): AsyncIterable<Outgoing> => {
  let stream = withMessageFaults(messages, faults, seed);
  if (kinds.includes('duplicate')) stream = duplicated(stream, seeded(seed, 1));
  if (kinds.includes('late')) stream = late(stream, seeded(seed, 2));
  if (kinds.includes('reorder')) stream = reordered(stream, seeded(seed, 3));
  return stream;
};
