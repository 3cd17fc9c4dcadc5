import { MAX_MINUTES } from '#core/contracts/measurement-message';
import { decode, encodeWhole } from '../message/encode.ts';
import { continues, cut, type FacilityMinutes, join } from '../message/facility-minutes.ts';
import type { Outgoing } from '../outgoing.ts';
import { seeded } from '../random.ts';
import { wrongClockAt } from './agent-clock.ts';
import { isDuring, type Numbered } from './script.ts';

/** Told of each message that a fault touched, as it goes on its way; copies are told of, their originals are not. */
export type Note = (fault: Numbered, message: Outgoing) => void;

type Messages = AsyncIterable<Outgoing>;
type Stage = (messages: Messages) => Messages;

/** A second copy. The buffer lets go of the minutes when the original is acknowledged, so that it may get lost. */
export const copyOf = ({ start, minutes, body }: Omit<Outgoing, 'acknowledge' | 'setAside'>): Outgoing => ({
  start,
  minutes,
  body,
  async acknowledge() {},
  async setAside() {},
});

/**
 * One message in several parts, which are acknowledged when all of them are.
 * @param bodies what each part is to carry; none may be too long for a message, since each is shorter than the whole
 */
const inParts = (
  whole: Outgoing,
  blocks: readonly FacilityMinutes[],
  named: readonly FacilityMinutes[],
): Outgoing[] => {
  let left = blocks.length;
  let refused = false;
  return blocks.map((block, i) => {
    const encoded = encodeWhole(named[i]!);
    if (!encoded)
      throw new RangeError(`a part of the message at minute ${whole.start} is longer than the whole may be`);
    return {
      start: block.start,
      minutes: block.minutes,
      body: encoded.body,
      async acknowledge() {
        left--;
        if (left === 0 && !refused) await whole.acknowledge();
      },
      async setAside(reason) {
        if (refused) return;
        refused = true;
        await whole.setAside(reason);
      },
    };
  });
};

/** Names the minutes as a wrong clock does. A message that it strikes in part is cut where the clock changes. */
async function* misnamed(messages: Messages, clocks: readonly Numbered[], note: Note): AsyncGenerator<Outgoing> {
  for await (const message of messages) {
    const end = message.start + message.minutes;
    if (!clocks.some(({ from, until }) => from < end && message.start < until)) {
      yield message;
      continue;
    }
    const block = decode(message.body);
    const parts: FacilityMinutes[] = [];
    for (let at = message.start; at < end; ) {
      let next = at + 1;
      while (next < end && wrongClockAt(clocks, next).minutes === wrongClockAt(clocks, at).minutes) next++;
      parts.push(cut(block, at - message.start, next - message.start));
      at = next;
    }
    const named = parts.map((part) => ({ ...part, start: part.start + wrongClockAt(clocks, part.start).minutes }));
    for (const part of inParts(message, parts, named)) {
      for (const one of clocks) if (isDuring(one, part.start)) note(one, part);
      yield part;
    }
  }
}

/** How many messages from the first on continue one another, as blocks of minutes. */
const continuing = (messages: readonly Outgoing[]): FacilityMinutes[] => {
  const blocks: FacilityMinutes[] = [];
  let minutes = 0;
  for (const { body } of messages) {
    const next = decode(body);
    minutes += next.minutes;
    if (blocks.length > 0 && (!continues(blocks.at(-1)!, next) || minutes > MAX_MINUTES)) break;
    blocks.push(next);
  }
  return blocks;
};

const together = (messages: readonly Outgoing[], minutes: number, body: Uint8Array): Outgoing => ({
  start: messages[0]!.start,
  minutes,
  body,
  async acknowledge() {
    for (const one of messages) await one.acknowledge();
  },
  async setAside(reason) {
    for (const one of messages) await one.setAside(reason);
  },
});

/** Messages that waited, as few as they fit in: a backlog travels in large messages. */
function* joined(messages: readonly Outgoing[]): Generator<Outgoing> {
  for (let i = 0; i < messages.length; ) {
    const blocks = continuing(messages.slice(i, i + MAX_MINUTES));
    let count = blocks.length;
    let whole = count > 1 ? encodeWhole(join(blocks)) : undefined;
    // An hour of single minutes may be too large for one message: then half of them, and so on.
    while (count > 1 && !whole) {
      count = Math.floor(count / 2);
      whole = count > 1 ? encodeWhole(join(blocks.slice(0, count))) : undefined;
    }
    yield whole ? together(messages.slice(i, i + count), whole.minutes, whole.body) : messages[i]!;
    i += count;
  }
}

/** Keeps what is made during the outage, and sends it when the first message after it is due. */
const heldBack = (one: Numbered, note: Note): Stage =>
  async function* (messages) {
    let kept: Outgoing[] = [];
    const release = function* () {
      for (const message of joined(kept)) {
        note(one, message);
        yield message;
      }
      kept = [];
    };
    for await (const message of messages) {
      if (isDuring(one, message.start)) {
        kept.push(message);
        continue;
      }
      yield* release();
      yield message;
    }
    yield* release();
  };

const late = (one: Numbered, held: number, share: number, random: () => number, note: Note): Stage =>
  async function* (messages) {
    let waiting: Outgoing[] = [];
    for await (const message of messages) {
      const due = waiting.filter(({ start }) => start + held <= message.start);
      waiting = waiting.filter((each) => !due.includes(each));
      yield* due;
      if (isDuring(one, message.start) && random() < share) {
        note(one, message);
        waiting.push(message);
      } else yield message;
    }
    yield* waiting;
  };

const duplicated = (one: Numbered, share: number, random: () => number, note: Note): Stage =>
  async function* (messages) {
    for await (const message of messages) {
      yield message;
      if (!isDuring(one, message.start) || random() >= share) continue;
      const copy = copyOf(message);
      note(one, copy);
      yield copy;
    }
  };

const reordered = (one: Numbered, size: number, random: () => number, note: Note): Stage =>
  async function* (messages) {
    const group: Outgoing[] = [];
    const shuffled = function* () {
      while (group.length > 0) {
        const message = group.splice(Math.floor(random() * group.length), 1)[0]!;
        note(one, message);
        yield message;
      }
    };
    for await (const message of messages) {
      if (isDuring(one, message.start)) {
        group.push(message);
        if (group.length >= size) yield* shuffled();
      } else {
        yield* shuffled();
        yield message;
      }
    }
    yield* shuffled();
  };

const stageOf = (one: Numbered, seed: number, note: Note): Stage | undefined => {
  const { fault, number } = one;
  const random = seeded(seed, 2_000_000 + number);
  switch (fault.kind) {
    case 'outage':
      return fault.of === 'uplink' ? heldBack(one, note) : undefined;
    case 'late':
      return late(one, fault.held, fault.share, random, note);
    case 'duplicate':
      return duplicated(one, fault.share, random, note);
    case 'reorder':
      return reordered(one, fault.messages, random, note);
    default:
      return undefined;
  }
};

/**
 * Sends messages the way the script says: named by a wrong clock, then held back, late, twice or out of order, in the
 * order of the script. Every message still goes out; `start` of each stays its true minute. What is held back at the
 * end of the messages is sent then.
 */
export const withMessageFaults = (
  messages: Messages,
  faults: readonly Numbered[],
  seed: number,
  note: Note = () => {},
): Messages => {
  const clocks = faults.filter(({ fault }) => fault.kind === 'clock-skew' || fault.kind === 'clock-jump');
  let stream = clocks.length > 0 ? misnamed(messages, clocks, note) : messages;
  for (const one of faults) stream = stageOf(one, seed, note)?.(stream) ?? stream;
  return stream;
};
