import type { NoGapStatement } from '#core/evidence/certificate';
import { totalsOf } from '#core/evidence/certificate';
import { wholeDigest } from '#core/evidence/minute-digest';
import { sha256Text } from './sha256.ts';

type Facilities = NoGapStatement['facilities'];

export const FACILITIES: Facilities = [
  {
    facility: 'P1',
    planRevision: 3,
    declaredOutages: [{ source: null, from: '2026-11-23T10:00Z', until: '2026-11-23T10:40Z' }],
    sources: [
      {
        source: 'A',
        begins: '2026-01-01T00:00Z',
        expectedMinutes: 1400,
        storedMinutes: 1400,
        declaredOutageMinutes: 40,
        withoutReadingMinutes: 7,
        digest: sha256Text('A'),
      },
      {
        source: 'B',
        begins: '2026-01-01T00:00Z',
        expectedMinutes: 1400,
        storedMinutes: 1410,
        declaredOutageMinutes: 40,
        withoutReadingMinutes: 10,
        digest: sha256Text('B'),
      },
    ],
  },
];

/** A sound statement about these facilities. */
export const statement = (key: NoGapStatement['key'], facilities = FACILITIES): NoGapStatement => ({
  v: 1,
  kind: 'emissionwatch/no-gap-certificate',
  range: { from: '2026-11-23T00:00Z', until: '2026-11-24T00:00Z' },
  ...totalsOf(facilities),
  digest: wholeDigest(facilities, sha256Text),
  facilities,
  issuedAt: '2026-11-24T01:00:00.000Z',
  softwareVersion: '0.1.0',
  key,
});
