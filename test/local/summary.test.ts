import { describe, expect, it } from 'vitest';
import type { QuarterlyReport } from '#core/contracts/quarterly-report';
import { exportLine } from '../../local/export.ts';
import { reportLines } from '../../local/reports.ts';
import { hourCounts, hourLines, jsonLine, type Result, summaryLines } from '../../local/summary.ts';
import { storedHour } from './replay/hours.ts';

const counted = (...hours: Parameters<ReturnType<typeof hourCounts>['add']>[0][]) => {
  const { counts, add } = hourCounts();
  for (const hour of hours) add(hour);
  return counts;
};

describe('the counts of a run', () => {
  it('finds no gap between hours that follow each other, across sources', () => {
    expect(counted(storedHour(), storedHour({ hour: '2018-01-23T14:00Z' }), storedHour({ source: 'CT2' }))).toEqual({
      sources: 2,
      hours: 3,
      operatingHours: 3,
      substituted: 0,
      gaps: 0,
    });
  });

  it('counts each missing hour and each incomplete one as a gap', () => {
    const hours = [storedHour({ minutes: 59 }), storedHour({ hour: '2018-01-23T16:00Z' })];
    expect(counted(...hours).gaps).toBe(3);
  });

  it('counts an operating hour without a NOx rate as one for which substitute data are due', () => {
    const noxRate = { value: null, unit: 'lb/mmBtu', equation: '19-1', modc: null };
    expect(counted(storedHour({ values: { noxRate } })).substituted).toBe(1);
    expect(counted(storedHour({ operatingTime: '0', values: {} })).substituted).toBe(0);
  });
});

const result: Result = {
  sources: 1,
  hours: 24,
  operatingHours: 10,
  compared: undefined,
  substituted: 2,
  exceedances: 3,
  gaps: 4,
  samples: 1000,
  seconds: 2.04,
  stateDigest: 'd',
  unreadableLines: 5,
  quarantined: 6,
};

describe('what a run prints', () => {
  it('ends with one line of JSON', () => {
    expect(jsonLine(result, ['r.json'])).toBe(
      '{"sources":1,"hours":24,"operatingHours":10,"substituted":2,"exceedances":3,"gaps":4,"samples":1000,' +
        '"seconds":2,"samplesPerSecond":490,"stateDigest":"d","unreadableLines":5,"quarantined":6,"report":"r.json"}',
    );
    expect(JSON.parse(jsonLine(result, ['a.json', 'b.json'])).report).toEqual(['a.json', 'b.json']);
  });

  it('fits into 80 columns', () => {
    for (const line of summaryLines({ ...result, hours: 1_000_000, operatingHours: 1_000_000, samples: 1e9 }))
      expect(line.length).toBeLessThan(80);
  });

  it('says what the input does not publish, and that nothing was left to send', () => {
    const none = { equal: 0, of: 0 };
    const compared = { heatInput: { equal: 2, of: 2 }, noxRate: none, noxMass: none, co2Mass: none, so2Mass: none };
    const lines = summaryLines({ ...result, compared, samples: 0 });
    expect(lines).toContain('  heatInput  2 of 2 equal to the published value');
    expect(lines).toContain('  co2Mass    not in the input');
    expect(lines).toContain('nothing new to send: all of it was acknowledged in an earlier run');
  });

  it('says how near a limit an hour came, and what the next may average', () => {
    const record = {
      rule: 'nox-4h',
      average: '0.123456',
      limit: '0.1',
      unit: 'lb/mmBtu',
      state: 'exceedance',
      headroom: { nextHour: '0.05', hoursToLimit: 1 },
    };
    expect(hourLines(storedHour(), [record as never])).toEqual([
      '2018-01-23 06:00 7953/CT1: 156 MW, operating time 1 h, NOx 0.062 lb/mmBtu',
      '  nox-4h: 0.1235 of 0.1 lb/mmBtu EXCEEDED; next hour may average 0.05',
    ]);
  });

  it('does not allow a next hour less than nothing', () => {
    const record = {
      rule: 'n',
      average: '9',
      limit: '1',
      unit: 'ppm',
      state: 'exceedance',
      headroom: { nextHour: '-3' },
    };
    expect(hourLines(storedHour(), [record as never])[1]).toBe(
      '  n: 9 of 1 ppm EXCEEDED; over it whatever the next hour brings',
    );
  });
});

describe('an exported hour', () => {
  it('holds totals of the hour and the method of each, empty where there is none', () => {
    expect(exportLine(storedHour(), 7953)).toBe('7953,CT1,2018-01-23,6,1,156,1663.7,,0.062,01,103.149,,98.9,,0.998,');
    expect(exportLine(storedHour({ operatingTime: '0', grossLoad: null, values: {} }), 7953)).toBe(
      '7953,CT1,2018-01-23,6,0,,,,,,,,,,,',
    );
  });
});

it('a report takes three lines of 80 columns, and says what its totals lack', () => {
  const facility = 'F'.repeat(32);
  const lacking = { totalCovers: 'not-recalculable' };
  const report = {
    facility,
    year: 2018,
    quarter: 1,
    revision: 10_000,
    complete: false,
    summaryValueData: Array.from({ length: 1400 }, () => lacking),
    generatedAt: '2026-11-24T16:00:00.000Z',
    period: { until: '2018-04-01T07:00Z' },
  } as unknown as QuarterlyReport;
  const kept = {
    report,
    jsonFile: 'r.json',
    htmlFile: 'r.html',
    retainedUntil: '2033-11-24T16:00:00.000Z',
    made: false,
  };
  const lines = reportLines([kept], (file) => file);
  expect(lines).toEqual([
    `report ${facility} 2018-Q1 r10000, held until 2033-11-24:`,
    '  hours are missing, 1400 of 1400 totals lack hours, unchanged since 2026-11-24',
    '  r.html',
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
