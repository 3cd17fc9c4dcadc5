import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openShadows, type Shadows } from '../../../local/services/iot/shadows.ts';
import { temporaryFolder } from '../temporary.ts';

const SECOND = 1_751_328_000;
let now: number;
let dataDir: string;
let shadows: Shadows;
const open = () => openShadows(dataDir, () => now * 1000);
beforeEach(() => {
  now = SECOND;
  dataDir = temporaryFolder();
  shadows = open();
});

const update = (state: object | null, more: object = {}) =>
  shadows.update('agent', Buffer.from(JSON.stringify({ state, ...more })));
const topics = (messages: ReturnType<Shadows['update']>) => messages.map(({ topic }) => topic);

describe('an update of a shadow', () => {
  it('is accepted with what it changed, and told as a document before and after', () => {
    expect(update({ reported: { v: 1, waiting: null, answered: [{ minutes: 3 }] } }, { clientToken: 't' })).toEqual([
      {
        topic: 'update/accepted',
        body: {
          state: { reported: { v: 1, waiting: null, answered: [{ minutes: 3 }] } },
          metadata: {
            reported: { v: { timestamp: SECOND }, waiting: null, answered: [{ minutes: { timestamp: SECOND } }] },
          },
          version: 1,
          timestamp: SECOND,
          clientToken: 't',
        },
      },
      {
        topic: 'update/documents',
        body: {
          previous: { state: {}, metadata: {}, version: 0 },
          current: {
            state: { reported: { v: 1, answered: [{ minutes: 3 }] } },
            metadata: { reported: { v: { timestamp: SECOND }, answered: [{ minutes: { timestamp: SECOND } }] } },
            version: 1,
          },
          version: 1,
          timestamp: SECOND,
          clientToken: 't',
        },
      },
    ]);
  });

  it('merges objects, replaces everything else, and removes what is null', () => {
    update({ reported: { a: { x: 1, y: 2 }, list: [1, 2], gone: true } });
    now += 60;
    update({ reported: { a: { y: 3 }, list: [4], gone: null } });
    expect(shadows.document('agent')).toEqual({
      state: { reported: { a: { x: 1, y: 3 }, list: [4] } },
      metadata: {
        reported: {
          a: { x: { timestamp: SECOND }, y: { timestamp: SECOND + 60 } },
          list: [{ timestamp: SECOND + 60 }],
        },
      },
      version: 2,
      timestamp: SECOND + 60,
    });
    update({ reported: null });
    expect(shadows.document('agent')).toMatchObject({ state: {}, version: 3 });
  });

  it('that wants something else than is reported tells the difference', () => {
    update({ reported: { level: 1, mode: { a: 1, b: 2 } } });
    const messages = update({ desired: { level: 1, mode: { a: 1, b: 3 } } });
    expect(topics(messages)).toEqual(['update/accepted', 'update/documents', 'update/delta']);
    expect(messages[2]!.body).toEqual({
      state: { mode: { b: 3 } },
      metadata: { mode: { b: { timestamp: SECOND } } },
      version: 2,
      timestamp: SECOND,
    });
    expect(shadows.document('agent')).toMatchObject({ state: { delta: { mode: { b: 3 } } } });
    expect(topics(update({ reported: { mode: { b: 3 } } }))).toEqual(['update/accepted', 'update/documents']);
  });

  it('with a version is only for that version', () => {
    update({ reported: { a: 1 } });
    const [conflict] = update({ reported: { a: 2 } }, { version: 5, clientToken: 't' });
    expect(conflict).toEqual({
      topic: 'update/rejected',
      body: { code: 409, message: 'Version conflict', timestamp: SECOND, clientToken: 't' },
    });
    expect(topics(update({ reported: { a: 2 } }, { version: 1 }))).toContain('update/accepted');
  });

  it.each([
    ['{', 400, 'Invalid JSON'],
    ['[]', 400, 'Invalid JSON'],
    ['{}', 400, 'Missing required node: state'],
    ['{"state":1}', 400, 'State node must be an object'],
    ['{"state":{"reported":1}}', 400, 'Reported node must be an object'],
    ['{"state":{"desired":[]}}', 400, 'Desired node must be an object'],
    ['{"state":{"other":{}}}', 400, 'State contains an invalid node'],
    ['{"state":{},"version":"x"}', 400, 'Invalid version'],
    [`{"state":{},"clientToken":"${'x'.repeat(65)}"}`, 400, 'Invalid clientToken'],
    ['{"state":{"reported":{"1":{"2":{"3":{"4":{"5":{"6":{}}}}}}}}}', 400, /too many levels/],
    [`{"state":{"reported":{"a":"${'x'.repeat(8192)}"}}}`, 413, /maximum size/],
  ])('of %s is rejected, and changes nothing', (payload, code, message) => {
    const [answer] = shadows.update('agent', Buffer.from(payload));
    expect(answer).toMatchObject({ topic: 'update/rejected', body: { code } });
    expect((answer!.body as { message: string }).message).toMatch(message);
    expect(shadows.document('agent')).toBeUndefined();
  });

  it('in any order of other fields leaves the last value of each, and counts every update', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat()), { minLength: 1, maxLength: 10 }),
        (changes) => {
          dataDir = temporaryFolder();
          shadows = open();
          for (const [name, value] of changes) update({ reported: { [name]: value } });
          expect(shadows.document('agent')).toMatchObject({
            state: { reported: Object.fromEntries(changes) },
            version: changes.length,
          });
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('a shadow', () => {
  it('is read by its thing', () => {
    update({ reported: { a: 1 } });
    expect(shadows.get('agent', Buffer.from('{"clientToken":"t"}'))).toMatchObject({
      topic: 'get/accepted',
      body: { state: { reported: { a: 1 } }, version: 1, clientToken: 't' },
    });
    expect(shadows.get('agent', Buffer.alloc(0)).topic).toBe('get/accepted');
  });

  it('is not there before the first update', () => {
    expect(shadows.get('agent', Buffer.from('{"clientToken":"t"}'))).toEqual({
      topic: 'get/rejected',
      body: { code: 404, message: "No shadow exists with name: 'agent'", timestamp: SECOND, clientToken: 't' },
    });
  });

  it('is there after a restart', () => {
    update({ reported: { a: 1 } });
    shadows = open();
    expect(shadows.document('agent')).toMatchObject({ state: { reported: { a: 1 } }, version: 1 });
  });
});
