import { gzipSync } from 'node:zlib';
import type { Channel, MonitoringPlan } from '#core/contracts/monitoring-plan';
import { textOfMinute } from '#core/time';
import { seeded } from '../../../edge-agent/random.ts';
import { NOW_MINUTE, PLANNED } from './plans.ts';

/** Chance in the words of a fuzzer. */
export interface Dice {
  /** A whole number from 0, below `count`. */
  below(count: number): number;
  oneOf<T>(items: readonly T[]): T;
  chance(part: number): boolean;
}

export const diceOf = (seed: number, stream: number): Dice => {
  const random = seeded(seed, stream);
  const below = (count: number) => Math.floor(random() * count);
  return { below, oneOf: (items) => items[below(items.length)]!, chance: (part) => random() < part };
};

type Json = Record<string, unknown>;
/** A record, by the name of the way in which it was made. */
export type Maker = (dice: Dice) => Uint8Array;

const READINGS = [
  0, -0, 1, 25, 15.5, -3, 100.25, 1e-30, -1e-30, 1e12, -1e12, 21, 21.000001, 200, 200.0001, 40_000, 3.4e11,
];
const LETTERS = 'XFCQMHLOUD';

const shuffled = <T>(items: readonly T[], { below }: Dice): T[] => {
  const left = [...items];
  return items.map(() => left.splice(below(left.length), 1)[0]!);
};

const channelsAt = (source: MonitoringPlan['sources'][number], minute: number): readonly Channel[] =>
  source.versions.findLast(({ effectiveFrom }) => effectiveFrom <= textOfMinute(minute))?.channels ?? [];

/** A message that must be taken. */
const goodMessage = (dice: Dice, facility: string): Json => {
  const { below, oneOf, chance } = dice;
  const { plan } = PLANNED.get(facility)!;
  const minutes = chance(0.9) ? 1 : 1 + below(60);
  const start = chance(0.1) ? NOW_MINUTE + 16 - minutes : NOW_MINUTE - below(4 * 525_960);
  const among = facility === 'wide' ? plan.sources.slice(0, 1 + below(3)) : plan.sources;
  const sources = shuffled(among, dice).slice(chance(0.1) ? below(among.length + 1) : 0);
  const all = [
    ...new Set(
      plan.sources.flatMap(({ versions }) => versions.flatMap(({ channels }) => channels.map((one) => one.channel))),
    ),
  ];
  const channels = shuffled(all, dice).slice(chance(0.3) ? below(all.length) : 0);
  return {
    v: 1,
    start: textOfMinute(start),
    minutes,
    channels,
    sources: sources.map((source) => {
      const readings: (number | null)[] = [];
      let statuses = '';
      for (let m = 0; m < minutes; m++) {
        const fitted = channelsAt(source, start + m).map(({ channel }) => channel);
        for (const channel of channels) {
          const letter =
            !fitted.includes(channel) || chance(0.02)
              ? '.'
              : chance(0.85)
                ? 'V'
                : chance(0.3)
                  ? 'N'
                  : oneOf([...LETTERS]);
          const empty = letter === '.' || letter === 'N' || (letter !== 'V' && chance(0.5));
          readings.push(empty ? null : chance(0.2) ? oneOf(READINGS) : below(100_000) / 1000);
          statuses += letter;
        }
      }
      return {
        source: source.source,
        ...(chance(0.2) ? {} : { revision: oneOf([0, 0, 1, 2_147_483_647]) }),
        firedSeconds: Array.from({ length: minutes }, () => oneOf([0, 60, 60, below(61)])),
        grossLoad: Array.from({ length: minutes }, () => (chance(0.1) ? null : below(3000) / 10)),
        readings,
        statuses,
      };
    }),
  };
};

const facilityOf = ({ below }: Dice): string => (below(40) === 0 ? 'wide' : below(3) === 0 ? '7953' : 'P1');

const envelopeText = (payload: unknown, facility: unknown, more: Json = {}): string =>
  JSON.stringify({ payload, facility, thing: `edge-${facility}`, received: 1_767_614_460_000, ...more });

const packed = (text: string | Uint8Array): Buffer => gzipSync(text, { level: 1 });
const recordOf = (text: string | Uint8Array, facility: string): Uint8Array =>
  Buffer.from(envelopeText(packed(text).toString('base64'), facility));

/** The same JSON, written in another way. */
const respelt = (message: Json, { chance, oneOf, below }: Dice): string => {
  if (chance(0.6)) return JSON.stringify(message);
  const reordered = Object.fromEntries(Object.entries(message).reverse());
  let text = JSON.stringify(chance(0.5) ? reordered : message, null, oneOf([0, 1, '\t']));
  if (chance(0.3)) text = text.replaceAll('"v"', '"\\u0076"');
  if (chance(0.3)) text = text.replace(/"minutes":\s*(\d+)/, (_, digits) => `"minutes":${digits}.0e0`);
  return `${' '.repeat(below(3))}${text}${'\n'.repeat(below(3))}`;
};

/** Values that do not belong where they are put. */
const STRANGE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => '1',
  () => -1,
  () => 0.5,
  () => 61,
  () => 2 ** 31,
  () => 2 ** 53,
  () => 1e13,
  () => 1e-31,
  () => 1.7976931348623157e308,
  () => 5e-324,
  () => [],
  () => [[]],
  () => ({}),
  () => ({ toString: 1, valueOf: null }),
  () => 'constructor',
  () => '__proto__',
  () => 'V'.repeat(5000),
  () => '2026-02-30T00:00Z',
  () => '2026-01-05T24:00Z',
  () => '9999-12-31T23:59Z',
  () => '\u0000',
  () => '\ud800',
  () => '\udc00\ud83d\ude00',
  () => '💨'.repeat(40),
  () => 'ａ\u202e\u0301',
  () => Array(1000).fill(0),
  () => Array(70).fill('a'),
  () => Array.from({ length: 65 }, (_, i) => `c${i}`),
];

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'v',
  '',
  '\u0000',
  '\ud83d',
  'é',
  'facility',
];

/** JSON text with a key that JSON.stringify would not write, such as __proto__. */
const withKey = (text: string, key: string, value: string): string =>
  text.replace('{', `{${JSON.stringify(key)}:${value}${text.startsWith('{}') ? '' : ','}`);

/** A place in the message, and something strange in it. */
const mutate = (message: Json, { below, oneOf, chance }: Dice): void => {
  // An earlier change may have left anything in its place.
  const sources: unknown[] = Array.isArray(message.sources) ? message.sources : [];
  const picked = sources[below(sources.length)];
  const target = chance(0.6) && typeof picked === 'object' && picked !== null ? (picked as Json) : message;
  const key = oneOf([...Object.keys(target), 'v']);
  const value = target[key];
  const way = below(6);
  if (way === 0) delete target[key];
  else if (way === 1 && Array.isArray(value) && value.length > 0) value[below(value.length)] = oneOf(STRANGE)();
  else if (way === 2 && Array.isArray(value))
    value.splice(below(value.length + 1), below(2), ...(chance(0.5) ? [0] : []));
  else if (way === 3 && typeof value === 'string') {
    const at = below(value.length + 1);
    target[key] =
      value.slice(0, at) + oneOf(['N', 'V', '.', 'Z', 'R', '0', '\u0000', '\ud800', '']) + value.slice(at + below(2));
  } else if (way === 4 && typeof value === 'number') target[key] = value + oneOf([-1, 1, 0.5, 60, 2 ** 31, -0]);
  else target[key] = oneOf(STRANGE)();
};

const flip = (bytes: Buffer, { below, oneOf }: Dice): Buffer => {
  const way = below(4);
  const at = below(bytes.length);
  if (way === 0) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
  if (way === 1) return Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]);
  const copy = Buffer.from(bytes);
  for (let n = 1 + below(3); n > 0; n--)
    copy[below(copy.length)] = way === 2 ? below(256) : oneOf([...Buffer.from('0123456789-+.eE{}[]",:nult\\ ')]);
  return copy;
};

const goodText = (dice: Dice, facility: string) => JSON.stringify(goodMessage(dice, facility));

/** A few of each are enough: they are the same for every message, and slow to make. */
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};
const bombs = once(() =>
  [2, 16, 60].map((megabytes) => gzipSync(Buffer.alloc(megabytes * 1024 * 1024, ' '), { level: 9 })),
);
const nestedBomb = once(() => gzipSync(gzipSync(Buffer.alloc(60 * 1024 * 1024), { level: 9 })));
const noise = once(() => {
  const { below } = diceOf(1, 9_000_000);
  return gzipSync(Buffer.from(Array.from({ length: 110_000 }, () => below(256))), { level: 1 });
});
const deep = once(() =>
  [50, 1000, 20_000, 400_000]
    .flatMap((depth) => ['[', '{"a":'].map((open) => open.repeat(depth) + (open === '[' ? ']' : '1}').repeat(depth)))
    .map((text) => text.slice(0, 1_000_000)),
);

const VERSIONS = [
  '0',
  '2',
  '-1',
  '1.5',
  '"1"',
  'null',
  'true',
  '[1]',
  '{"v":1}',
  '1e400',
  '"\\u0000"',
  '9007199254740993',
];

export const MAKERS: Readonly<Record<string, readonly [weight: number, maker: Maker]>> = {
  good: [
    300,
    (dice) => {
      const facility = facilityOf(dice);
      return recordOf(respelt(goodMessage(dice, facility), dice), facility);
    },
  ],
  'a whole hour of many sources': [
    1,
    (dice) => {
      const channels = [`c${dice.below(64)}`];
      const sources = Array.from({ length: 60 }, (_, s) => ({
        source: `W${s}`,
        firedSeconds: Array(60).fill(60),
        grossLoad: Array(60).fill(100),
        readings: Array.from({ length: 60 }, () => dice.below(100)),
        statuses: 'V'.repeat(60),
      }));
      return recordOf(JSON.stringify({ v: 1, start: '2026-01-05T10:00Z', minutes: 60, channels, sources }), 'wide');
    },
  ],
  'bytes of the compressed message changed': [
    100,
    (dice) => {
      const facility = facilityOf(dice);
      return Buffer.from(envelopeText(flip(packed(goodText(dice, facility)), dice).toString('base64'), facility));
    },
  ],
  'compressed message cut off': [
    60,
    (dice) => {
      const facility = facilityOf(dice);
      const bytes = packed(goodText(dice, facility));
      return Buffer.from(envelopeText(bytes.subarray(0, dice.below(bytes.length)).toString('base64'), facility));
    },
  ],
  'more behind the compressed message': [
    20,
    (dice) => {
      const facility = facilityOf(dice);
      const bytes = packed(goodText(dice, facility));
      const more = dice.oneOf([Buffer.from('more'), bytes, Buffer.alloc(9), packed(' '), packed('x')]);
      return Buffer.from(envelopeText(Buffer.concat([bytes, more]).toString('base64'), facility));
    },
  ],
  'a small message that unpacks without end': [
    2,
    (dice) => Buffer.from(envelopeText(dice.oneOf([...bombs(), nestedBomb()]).toString('base64'), 'P1')),
  ],
  'longer than a message may be': [2, () => Buffer.from(envelopeText(noise().toString('base64'), 'P1'))],
  'not compressed': [
    20,
    (dice) =>
      Buffer.from(
        envelopeText(Buffer.from(goodText(dice, 'P1')).toString(dice.oneOf(['base64', 'latin1', 'hex'])), 'P1'),
      ),
  ],
  'bytes of the JSON changed': [
    150,
    (dice) => {
      const facility = facilityOf(dice);
      return recordOf(flip(Buffer.from(goodText(dice, facility)), dice), facility);
    },
  ],
  'something strange in a field': [
    200,
    (dice) => {
      const facility = facilityOf(dice);
      const message = goodMessage(dice, facility);
      for (let n = 1 + dice.below(2); n > 0; n--) mutate(message, dice);
      return recordOf(JSON.stringify(message), facility);
    },
  ],
  'a key that does not belong': [
    40,
    (dice) => {
      const text = withKey(goodText(dice, 'P1'), dice.oneOf(KEYS), dice.oneOf(['1', '{}', '{"v":1}', 'null', '"x"']));
      return recordOf(dice.chance(0.5) ? text : text.replace('"source":', '"__proto__":{"source":1},"source":'), 'P1');
    },
  ],
  'another version': [
    20,
    (dice) => recordOf(goodText(dice, 'P1').replace('"v":1', `"v":${dice.oneOf(VERSIONS)}`), 'P1'),
  ],
  'nested deeply': [
    2,
    (dice) => {
      const nest = dice.oneOf(deep());
      const text = goodText(dice, 'P1');
      return recordOf(
        dice.oneOf([
          nest,
          text.replace('"v":1', `"v":${nest}`),
          text.replace('"channels":[', `"channels":[${nest},`),
          `{"a":${nest}}`,
        ]),
        'P1',
      );
    },
  ],
  'huge lists and names': [
    1,
    (dice) => {
      const message = goodMessage(dice, 'P1');
      const key = dice.oneOf(['channels', 'sources']);
      const item = dice.oneOf<unknown>(['', 'a', 0, {}, null, []]);
      message[key] = dice.chance(0.3) ? 'x'.repeat(900_000) : Array(150_000).fill(item);
      if (dice.chance(0.3))
        message.sources = [
          { source: 'A', firedSeconds: [1], grossLoad: [1], readings: Array(300_000).fill(1), statuses: 'V' },
        ];
      return recordOf(JSON.stringify(message), 'P1');
    },
  ],
  'not of the plan': [
    40,
    (dice) => {
      const { oneOf, below } = dice;
      const message = goodMessage(dice, '7953');
      const sources = message.sources as Json[];
      const way = below(5);
      if (way === 0) return recordOf(JSON.stringify(message), oneOf(['P9', 'constructor', 'toString', 'P1']));
      if (way === 1 && sources[0]) sources[0].source = oneOf(['C', 'constructor', '__proto__', 'toString', 'GT2']);
      if (way === 2)
        message.channels = (message.channels as string[]).map((name, i) =>
          i === 0 ? oneOf(['hg', 'constructor', 'valueOf']) : name,
        );
      if (way === 3) message.start = textOfMinute(NOW_MINUTE + oneOf([15, 16, 17, 60, 525_960]));
      if (way === 4)
        message.start = oneOf(['1999-12-31T23:59Z', '1999-12-31T23:30Z', '2023-12-31T23:59Z', '1970-01-01T00:00Z']);
      return recordOf(JSON.stringify(message), '7953');
    },
  ],
  'envelope broken': [
    40,
    (dice) => {
      const { oneOf, below, chance } = dice;
      const payload = packed(goodText(dice, 'P1')).toString('base64');
      const text = envelopeText(payload, 'P1');
      const way = below(6);
      if (way === 0) return Buffer.from(text).subarray(0, below(text.length));
      if (way === 1) return flip(Buffer.from(text), dice);
      if (way === 2)
        return Buffer.from(
          envelopeText(payload, 'P1', { [oneOf(['payload', 'facility', 'thing', 'received'])]: oneOf(STRANGE)() }),
        );
      if (way === 3) return Buffer.from(withKey(text, oneOf(KEYS), '{"facility":"P1"}'));
      if (way === 4)
        return Buffer.from(oneOf(['', 'null', '[]', '1', '"x"', '{}', '\ufeff{}', deep()[0]!, deep()[5]!]));
      return Buffer.from(Array.from({ length: below(300) }, () => (chance(0.1) ? 0 : below(256))));
    },
  ],
  'text of the world': [
    10,
    (dice) => {
      const word = dice.oneOf(['é', '排放', '💨', '\u0000', '\ud800', '\u202e', 'a\u0301', '\ufeff', '\u2028']);
      const text = goodText(dice, 'P1');
      return recordOf(
        dice.oneOf([
          word + text,
          text.replace('"A"', JSON.stringify(`A${word}`)),
          text.replace('nox', word),
          text + word,
        ]),
        'P1',
      );
    },
  ],
};

const TOTAL = Object.values(MAKERS).reduce((sum, [weight]) => sum + weight, 0);

/** The n-th record of a seed, by itself: one that fails can be made again without the others. */
export const fuzzedRecord = (seed: number, n: number): { readonly way: string; readonly record: Uint8Array } => {
  const dice = diceOf(seed, n);
  let at = dice.below(TOTAL);
  for (const [way, [weight, maker]] of Object.entries(MAKERS)) {
    if (at < weight) return { way, record: maker(dice) };
    at -= weight;
  }
  throw new RangeError(`no way of making a record at ${at}`);
};
