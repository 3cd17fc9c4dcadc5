import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMessage } from '#core/validation/read-message';

const message = {
  v: 1,
  start: '2018-01-23T12:00Z',
  minutes: 2,
  channels: ['NOX', 'O2'],
  sources: [
    {
      source: 'U1',
      revision: 0,
      firedSeconds: [60, 48],
      grossLoad: [136, null],
      readings: [21.4, 15.6, null, 15.7],
      statuses: 'VVNV',
    },
  ],
};

type Draft = typeof message & Record<string, unknown>;

/** The text of the message after a change to a copy of it. */
const text = (change: (draft: Draft) => void = () => undefined) => {
  const draft = structuredClone(message) as Draft;
  change(draft);
  return JSON.stringify(draft);
};

const source = (draft: Draft) =>
  draft.sources[0] as NonNullable<(typeof message)['sources'][0]> & Record<string, unknown>;

const codeOf = (json: string) => {
  const read = readMessage(json);
  return read.ok ? 'ok' : read.code;
};
const reasonOf = (json: string) => {
  const read = readMessage(json);
  return read.ok ? '' : read.reason;
};

describe('reading a message', () => {
  it('gives the message', () => expect(readMessage(text())).toEqual({ ok: true, message }));

  it('takes a message without sources: it only says that time has passed', () =>
    expect(codeOf(text((draft) => (draft.sources.length = 0)))).toBe('ok'));

  it('takes revision 0 when there is none', () => {
    const read = readMessage(text((draft) => Reflect.deleteProperty(source(draft), 'revision')));
    expect(read.ok && read.message.sources[0]?.revision).toBe(0);
  });

  it.each(['', 'nonsense', '{"v":1', 'NaN', '{"v":NaN}', '\u0000', 'Infinity'])('calls %j unreadable', (json) =>
    expect(codeOf(json)).toBe('UNREADABLE'),
  );

  it.each([2, 0, '1', null, [1]])('knows no version %j, whatever else the message holds', (v) => {
    expect(codeOf(JSON.stringify({ v }))).toBe('WRONG_VERSION');
    expect(reasonOf(JSON.stringify({ ...message, v }))).toBe(`expected v 1, got ${JSON.stringify(v)}`);
  });

  it.each(['null', '[]', '1', '"text"', '{}', '{"v":1}'])('finds that %s breaks the contract', (json) =>
    expect(codeOf(json)).toBe('CONTRACT'),
  );
});

describe('what breaks the contract', () => {
  const breaches: readonly (readonly [string, (draft: Draft) => void, string])[] = [
    ['a 61st minute', (d) => (d.minutes = 61), 'minutes: '],
    ['no minute', (d) => (d.minutes = 0), 'minutes: '],
    ['half a minute', (d) => (d.minutes = 1.5), 'minutes: '],
    ['a day that does not exist', (d) => (d.start = '2018-02-30T12:00Z'), 'start: expected a day that exists'],
    ['a start with seconds', (d) => (d.start = '2018-01-23T12:00:00Z'), 'start: expected a UTC minute'],
    ['a name with a separator', (d) => (source(d).source = 'U/1'), 'sources.0.source: '],
    ['a field that is not known', (d) => (source(d).surplus = 1), 'sources.0: '],
    ['a source twice', (d) => d.sources.push(source(d)), 'sources.1.source: source U1 stands twice, got "U1"'],
    ['a channel twice', (d) => (d.channels[1] = 'NOX'), 'channels: a channel is named twice'],
    [
      '61 seconds in a minute',
      (d) => (source(d).firedSeconds[1] = 61),
      'sources.0.firedSeconds: expected whole seconds from 0 to 60, got [60,61]',
    ],
    ['a negative time', (d) => (source(d).firedSeconds[1] = -1), 'sources.0.firedSeconds: '],
    ['part of a second', (d) => (source(d).firedSeconds[1] = 0.5), 'sources.0.firedSeconds: '],
    ['too few seconds', (d) => source(d).firedSeconds.pop(), 'sources.0.firedSeconds: expected 2 values, got 1'],
    ['too many loads', (d) => source(d).grossLoad.push(1), 'sources.0.grossLoad: expected 2 values, got 3'],
    ['a reading too few', (d) => source(d).readings.pop(), 'sources.0.readings: expected 4 values, got 3'],
    ['a letter too many', (d) => (source(d).statuses = 'VVNVV'), 'sources.0.statuses: expected 4 letters, got 5'],
    ['a letter that is no status', (d) => (source(d).statuses = 'VVNZ'), 'sources.0.statuses: expected status letters'],
    ['a small letter', (d) => (source(d).statuses = 'VVNv'), 'sources.0.statuses: expected status letters'],
    [
      'a valid reading without value',
      (d) => (source(d).statuses = 'VVVV'),
      'sources.0.readings.2: a valid reading needs a value, got null',
    ],
    [
      'a value without reading',
      (d) => (source(d).statuses = 'VVNN'),
      'sources.0.readings.3: status N has no value, got 15.7',
    ],
    [
      'a value of no channel',
      (d) => (source(d).statuses = '.VNV'),
      'sources.0.readings.0: status . has no value, got 21.4',
    ],
    [
      'a number as text',
      (d) => (source(d).readings[0] = '21.4' as never),
      'sources.0.readings: expected null or numbers up to',
    ],
    [
      'a list in the list',
      (d) => (source(d).readings[0] = [21.4] as never),
      'sources.0.readings: expected null or numbers up to',
    ],
  ];

  it.each(breaches)('%s is rejected, with its place and its value', (_, change, reason) => {
    expect(codeOf(text(change))).toBe('CONTRACT');
    expect(reasonOf(text(change))).toContain(reason);
  });

  it('a number that JSON makes infinite is rejected', () => {
    for (const huge of ['1e999', '-1e999']) {
      expect(codeOf(text().replace('21.4', huge))).toBe('CONTRACT');
      expect(codeOf(text().replace('136', huge))).toBe('CONTRACT');
      expect(codeOf(text().replace('48', huge))).toBe('CONTRACT');
    }
  });

  it.each(['1.0001e12', '-2e12', '1e39', '1e-31', '-1e-320'])(
    '%s is no reading: the store could not hold it',
    (number) => {
      expect(codeOf(text().replace('21.4', number))).toBe('CONTRACT');
      expect(codeOf(text().replace('136', number))).toBe('CONTRACT');
    },
  );

  it.each(['1e12', '-1e12', '0', '-0', '1e-30'])('%s is a reading', (number) => {
    expect(codeOf(text().replace('21.4', number))).toBe('ok');
  });

  it('a long value is shown in part', () => {
    const reason = reasonOf(text((d) => (source(d).readings = Array.from({ length: 5000 }, () => 'x') as never)));
    expect(reason.length).toBeLessThan(200);
  });
});

describe('whatever arrives', () => {
  /** Anything that JSON can carry, also numbers that a double cannot hold. */
  const smuggled = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('NaN', 'Infinity', 1e308, -0, '1e999', '60', {}, [], [null], true, null),
  );

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (json) => {
        expect(readMessage(json)).toHaveProperty('ok');
      }),
    );
  });

  it('never throws, and takes nothing but the contract, whatever stands in a field', () => {
    const field = fc.constantFrom('source', 'revision', 'firedSeconds', 'grossLoad', 'readings', 'statuses', 'surplus');
    fc.assert(
      fc.property(field, smuggled, (name, value) => {
        const read = readMessage(text((draft) => Object.assign(source(draft), { [name]: value })));
        if (!read.ok) return;
        for (const { firedSeconds, grossLoad, readings } of read.message.sources) {
          expect(firedSeconds.every((s) => Number.isInteger(s) && s >= 0 && s <= 60)).toBe(true);
          expect([...readings, ...grossLoad].every((r) => r === null || Number.isFinite(r))).toBe(true);
          expect([firedSeconds.length, grossLoad.length, readings.length]).toEqual([2, 2, 4]);
        }
      }),
    );
  });

  it('rejects fired seconds that are not whole numbers from 0 to 60', () => {
    const wrong = fc.oneof(
      fc.integer({ min: 61 }),
      fc.integer({ max: -1 }),
      fc.double({ min: 0, max: 60, noInteger: true, noNaN: true }),
      fc.constantFrom(null, '60', Number.NaN),
    );
    fc.assert(
      fc.property(wrong, fc.nat(1), (seconds, at) => {
        expect(codeOf(text((draft) => (source(draft).firedSeconds[at] = seconds as never)))).toBe('CONTRACT');
      }),
    );
  });

  it('rejects lists whose length is not that of the minutes', () => {
    const name = fc.constantFrom('firedSeconds', 'grossLoad', 'readings') as fc.Arbitrary<'firedSeconds'>;
    fc.assert(
      fc.property(name, fc.nat(70), (list, length) => {
        fc.pre(length !== (list === ('readings' as string) ? 4 : 2));
        const json = text((draft) => (source(draft)[list] = Array.from({ length }, () => 1)));
        expect(codeOf(json)).toBe('CONTRACT');
      }),
    );
  });

  it('takes every message that keeps the contract', () => {
    const valid = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(6), fc.nat(4)).chain(([minutes, width, count]) =>
      fc.record({
        v: fc.constant(1),
        start: fc.constantFrom('2018-01-23T12:00Z', '2020-02-29T23:59Z'),
        minutes: fc.constant(minutes),
        channels: fc.constant(Array.from({ length: width }, (_, i) => `C${i}`)),
        sources: fc.tuple(
          ...Array.from({ length: count }, (_, i) =>
            fc.record({
              source: fc.constant(`U*${i}`),
              firedSeconds: exactly(fc.integer({ min: 0, max: 60 }), minutes),
              grossLoad: exactly(fc.option(finite), minutes),
              readings: exactly(finite, minutes * width),
              statuses: exactly(fc.constantFrom(...'XFCQMHLOUDV'), minutes * width).map((letters) => letters.join('')),
            }),
          ),
        ),
      }),
    );
    fc.assert(
      fc.property(valid, (content) => {
        const read = readMessage(JSON.stringify(content));
        expect(read.ok ? '' : read.reason).toBe('');
      }),
    );
  });
});

const finite = fc.double({ noNaN: true, min: -1e12, max: 1e12 }).map((value) => (Math.abs(value) < 1e-30 ? 0 : value));
const exactly = <T>(items: fc.Arbitrary<T>, length: number) =>
  fc.array(items, { minLength: length, maxLength: length });
