import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_START, type ChainEnd, chainFault } from '#core/audit/chain-fault';
import {
  type AuditEntry,
  documentOf,
  hashedText,
  MAX_DOCUMENT_CHARACTERS,
  NO_HASH,
  type StoredEntry,
} from '#core/audit/entry';

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

const entry = (number: number, change: Partial<AuditEntry> = {}): AuditEntry => ({
  v: 1,
  entry: number,
  at: '2026-03-01T12:00:00.000Z',
  who: 'arn:aws:sts::123456789012:assumed-role/Operator/jo',
  action: 'device revoke',
  subject: 'RPI4-0021',
  why: 'stolen',
  outcome: 'done',
  begun: null,
  before: { state: 'provisioned' },
  after: { state: 'revoked' },
  ...change,
});

const chain = (entries: readonly AuditEntry[]): StoredEntry[] => {
  let previousHash = NO_HASH;
  return entries.map((each) => {
    const document = documentOf(each);
    const stored = { entry: each.entry, previousHash, document, hash: sha256(hashedText(previousHash, document)) };
    previousHash = stored.hash;
    return stored;
  });
};

/** The number of the first entry that does not fit, and why. */
const firstFault = (stored: readonly StoredEntry[]): [number, string] | undefined => {
  let end: ChainEnd = CHAIN_START;
  for (const each of stored) {
    const fault = chainFault(end, each, sha256);
    if (fault !== undefined) return [each.entry, fault];
    end = each;
  }
  return undefined;
};

const five = () => chain([1, 2, 3, 4, 5].map((number) => entry(number)));

describe('the audit chain', () => {
  it('is intact as it was written, and when there is nothing in it', () => {
    expect(firstFault(five())).toBeUndefined();
    expect(firstFault([])).toBeUndefined();
  });

  it('shows an entry whose words were changed', () => {
    const stored = five();
    stored[2] = { ...stored[2]!, document: stored[2]!.document.replace('stolen', 'broken') };
    expect(firstFault(stored)).toEqual([3, expect.stringMatching(/^its hash is [0-9a-f]{64}, but its content gives/)]);
  });

  it('shows an entry that was changed together with its hash, at the one after it', () => {
    const stored = five();
    const document = stored[2]!.document.replace('stolen', 'broken');
    stored[2] = { ...stored[2]!, document, hash: sha256(hashedText(stored[2]!.previousHash, document)) };
    expect(firstFault(stored)).toEqual([4, expect.stringMatching(/^it continues hash/)]);
  });

  it('shows an entry that was taken out', () => {
    expect(firstFault(five().filter(({ entry: number }) => number !== 2))).toEqual([
      3,
      'entry 2 is missing, entry 3 follows',
    ]);
  });

  it('shows an entry that is none, even with the right hash', () => {
    const document = '{"v":1,"entry":1}';
    const hash = sha256(hashedText(NO_HASH, document));
    expect(firstFault([{ entry: 1, previousHash: NO_HASH, document, hash }])?.[1]).toMatch(/not an audit entry at at/);
    const noJson = { entry: 1, previousHash: NO_HASH, document: 'x', hash: sha256(hashedText(NO_HASH, 'x')) };
    expect(firstFault([noJson])?.[1]).toMatch(/not JSON/);
  });

  it('shows an entry that says it is another one', () => {
    const [first] = chain([entry(7)]);
    expect(firstFault([{ ...first!, entry: 1 }])).toEqual([1, 'its document says that it is entry 7']);
  });

  it('shows a change of any one character anywhere', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(), fc.constantFrom('document', 'hash', 'previousHash'), (which, at, field) => {
        const stored = five();
        const text = stored[which]![field as 'document'];
        const place = at % text.length;
        const other = text[place] === '0' ? '1' : '0';
        stored[which] = { ...stored[which]!, [field]: text.slice(0, place) + other + text.slice(place + 1) };
        expect(firstFault(stored)).toBeDefined();
      }),
    );
  });

  it('gives one document for one entry, whatever the order of its fields', () => {
    const shuffled = Object.fromEntries(Object.entries(entry(1)).reverse()) as AuditEntry;
    expect(documentOf(shuffled)).toBe(documentOf(entry(1)));
  });

  it('takes no entry that could not be read back', () => {
    expect(() => documentOf(entry(1, { after: 'x'.repeat(MAX_DOCUMENT_CHARACTERS) }))).toThrow(RangeError);
  });
});
