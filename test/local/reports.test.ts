import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { QuarterlyReport } from '#core/contracts/quarterly-report';
import { wouldBeTheSame } from '../../local/reports.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const made = (generatedAt: string) => ({
  madeFrom: { hours: 5, sha256: 'a' },
  softwareVersion: version,
  generatedAt,
  // Of a plant in Mountain Standard Time.
  period: { from: '2018-01-01T07:00Z', until: '2018-04-01T07:00Z' } as QuarterlyReport['period'],
});
const after = Date.parse('2018-06-01T00:00:00Z');

it('a report is kept while it would come out the same', () => {
  const report = made('2018-04-03T02:00:00.000Z');
  expect(wouldBeTheSame(report, 'a', after)).toBe(true);
  expect(wouldBeTheSame(report, 'b', after)).toBe(false);
  expect(wouldBeTheSame({ ...report, softwareVersion: '0.0.0' }, 'a', after)).toBe(false);
});

it.each([
  ['while the quarter went on', '2018-02-01T00:00:00.000Z'],
  ['in the last minutes before its end', '2018-04-01T06:59:00.000Z'],
  ['when the last hour was not closed yet', '2018-04-01T07:10:00.000Z'],
])('one made %s is made again once the quarter is over, though no hour has come', (_, generatedAt) => {
  expect(wouldBeTheSame(made(generatedAt), 'a', after)).toBe(false);
});

it('an interim one is kept until another hour is due', () => {
  const report = made('2018-02-01T00:20:00.000Z');
  expect(wouldBeTheSame(report, 'a', Date.parse('2018-02-01T01:10:00Z'))).toBe(true);
  expect(wouldBeTheSame(report, 'a', Date.parse('2018-02-01T01:15:00Z'))).toBe(false);
});
