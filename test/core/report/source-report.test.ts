import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Exceedance } from '#core/contracts/exceedance';
import { sourceReport as contract, type SummaryCode } from '#core/contracts/quarterly-report';
import { sourceReport } from '#core/report/source-report';
import { textOfHour } from '#core/time';
import { turbineVersion } from '../sample-plan.ts';
import { FIRST, hour, plan, Q1, records, running, wholeQuarter, window } from './hours.ts';

const made = (hours: readonly EmissionHour[], over = {}) => sourceReport(records(hours, over), Q1);
const value = (report: ReturnType<typeof made>, code: SummaryCode) =>
  report.summaryValues.find(({ parameterCode }) => parameterCode === code)!;

describe('the summary values of a source', () => {
  /*
   * Worked by hand, by the summary rules (sums over unrounded products of rate and time, one rounding, ties away):
   *   hour 1: t 1.00, HI 1499.2, NOx 131.9 lb/h, CO2 89.1 t/h, SO2 0.8995 lb/h, rate 0.088
   *   hour 2: t 0.83, HI 1000.1, NOx  50.5 lb/h, CO2 59.4 t/h, SO2 0.6001 lb/h, rate 0.051
   * HIT  = 1499.2 + 830.083 = 2329.283 -> 2329
   * NOXM = (131.9 + 41.915) / 2000 = 0.0869075 -> 0.1
   * CO2M = 89.1 + 49.302 = 138.402 -> 138.4
   * SO2M = (0.8995 + 0.498083) / 2000 = 0.00069... -> 0.0
   * NOXR = (0.088 + 0.051) / 2 = 0.0695 -> 0.070 (a tie goes away from zero)
   */
  const hours = [
    running(FIRST, {
      values: {
        heatInputRate: '1499.2',
        heatInput: '1499.2',
        noxMassRate: '131.9',
        noxMass: '131.930',
        co2MassRate: '89.1',
        so2MassRate: '0.8995',
        noxRate: '0.088',
      },
    }),
    running(FIRST + 1, {
      operatingTime: '0.83',
      values: {
        heatInputRate: '1000.1',
        heatInput: '830.083',
        noxMassRate: '50.5',
        noxMass: '42.334',
        co2MassRate: '59.4',
        so2MassRate: '0.6001',
        noxRate: '0.051',
      },
    }),
    hour(FIRST + 2),
  ];

  it('are the sums of the hours, rounded once', () => {
    const report = made(hours);
    const totals = Object.fromEntries(
      report.summaryValues.map((one) => [one.parameterCode, one.currentReportingPeriodTotal]),
    );
    expect(totals).toEqual({
      OPHOURS: 2,
      OPTIME: 1.83,
      HIT: 2329,
      SO2M: 0,
      NOXM: 0.1,
      CO2M: 138.4,
      NOXR: 0.07,
    });
    expect(report.sums).toEqual([
      { name: 'heatInput', unit: 'mmBtu', hours: 2, sum: '2329.283' },
      { name: 'co2Mass', unit: 'short ton', hours: 2, sum: '138.402' },
      { name: 'so2Mass', unit: 'lb', hours: 2, sum: '1.397583' },
      { name: 'noxMass', unit: 'lb', hours: 2, sum: '173.815' },
      { name: 'noxMassOfHours', unit: 'lb', hours: 2, sum: '174.264' },
      { name: 'noxRate', unit: 'lb/mmBtu', hours: 2, sum: '0.139' },
    ]);
    expect(contract.parse(report)).toEqual(report);
  });

  it('say that they cover the stored hours only, when the quarter has others', () => {
    expect(value(made(hours), 'HIT').totalCovers).toBe('stored-hours');
    const whole = made(wholeQuarter((at) => running(at)));
    expect(value(whole, 'HIT')).toMatchObject({ totalCovers: 'quarter', currentReportingPeriodTotal: 216_000 });
    expect(whole.coverage).toMatchObject({ hoursExpected: 2160, hoursStored: 2160, complete: true, missing: [] });
  });

  it('leave out an operating hour that lacks the value, and count and list it', () => {
    const lacking = running(FIRST + 3, { values: { noxRate: null, noxMassRate: null, noxMass: null } });
    const report = made([...hours, lacking]);
    expect(value(report, 'NOXR')).toMatchObject({
      currentReportingPeriodTotal: 0.07,
      measuredHoursTotal: 0.07,
      totalCovers: 'measured-hours',
      hoursWithoutValue: 1,
    });
    expect(value(report, 'NOXM')).toMatchObject({ currentReportingPeriodTotal: 0.1, measuredHoursTotal: 0.1 });
    // What does not need the NOx rate is not touched by it: 2329.283 + 100.
    expect(value(report, 'HIT').currentReportingPeriodTotal).toBe(2429);
    expect(report.missingData.find(({ parameter }) => parameter === 'noxRate')).toEqual({
      parameter: 'noxRate',
      hours: 1,
      percentOfOperatingHours: '33.3',
      periods: [{ from: '2018-01-01T10:00Z', until: '2018-01-01T11:00Z', hours: 1 }],
    });
    expect(report.availability.find(({ parameter }) => parameter === 'noxRate')!.percent).toBe('66.7');
  });

  it('are null where an hour between the first and the last is not stored: it may have been an operating one', () => {
    const report = made([running(FIRST), running(FIRST + 2)]);
    expect(value(report, 'OPHOURS')).toMatchObject({ currentReportingPeriodTotal: null, hoursWithoutValue: 1 });
    expect(value(report, 'CO2M')).toMatchObject({ currentReportingPeriodTotal: null, measuredHoursTotal: 11.8 });
  });

  it('are zero for a unit that stood still, and there is no mean of no hours', () => {
    const report = made(wholeQuarter((at) => hour(at)));
    expect(value(report, 'HIT').currentReportingPeriodTotal).toBe(0);
    expect(value(report, 'NOXR')).toMatchObject({ currentReportingPeriodTotal: null, hoursWithoutValue: 0 });
    expect(report.availability.map(({ percent }) => percent)).toEqual([null, null, null, null, null]);
  });

  it('name a stack in the field of stacks, and a unit in that of units', () => {
    const stack = made([], { plan: { ...plan(), source: 'CS0AN' } });
    expect(value(stack, 'OPHOURS')).toMatchObject({ stackPipeId: 'CS0AN', unitId: null });
    expect(value(made([]), 'OPHOURS')).toMatchObject({ stackPipeId: null, unitId: 'CT1' });
  });

  it('are made only for what the monitoring plan makes', () => {
    const version = turbineVersion({ formulas: [{ parameter: 'heatInputRate', equation: 'D-15A', fuelFlow: 'GAS' }] });
    const report = made([running(FIRST)], { plan: { source: 'CT1', versions: [version] } });
    expect(report.summaryValues.map(({ parameterCode }) => parameterCode)).toEqual(['OPHOURS', 'OPTIME', 'HIT']);
  });

  it('refuse an hour of another quarter, or one that is given twice', () => {
    expect(() => made([hour(FIRST - 1)])).toThrow(/expected hours of the quarter, got 2018-01-01T06:00Z/);
    expect(() => made([hour(FIRST), hour(FIRST)])).toThrow(/expected each hour once/);
  });

  const anyHour = fc.record({
    time: fc.integer({ min: 0, max: 100 }),
    rate: fc.integer({ min: 0, max: 99_999 }),
    lacks: fc.boolean(),
  });
  const build = (at: number, { time, rate, lacks }: { time: number; rate: number; lacks: boolean }) =>
    time === 0
      ? hour(at)
      : running(at, {
          operatingTime: String(time / 100),
          values: { heatInputRate: String(rate / 10), noxRate: lacks ? null : String(rate / 1e6) },
        });

  it('do not depend on the order of the hours, are never negative, and are the sum of their parts', () => {
    fc.assert(
      fc.property(fc.array(anyHour, { minLength: 2, maxLength: 30 }), fc.nat(), (given, seed) => {
        const stored = given.map((one, i) => build(FIRST + i, one));
        const turned = stored.map((_, i) => stored[(i + seed) % stored.length]!).reverse();
        expect(made(turned)).toEqual(made(stored));
        const whole = made(stored);
        for (const { currentReportingPeriodTotal, measuredHoursTotal } of whole.summaryValues) {
          expect(currentReportingPeriodTotal ?? 0).toBeGreaterThanOrEqual(0);
          expect(measuredHoursTotal ?? 0).toBeGreaterThanOrEqual(0);
        }
        const cut = 1 + (seed % (stored.length - 1));
        const parts = [made(stored.slice(0, cut)), made(stored.slice(cut))];
        // Sums of heat input, the first, have three decimals.
        const thousandths = (report: typeof whole) => Math.round(Number(report.sums[0]!.sum) * 1000);
        expect(thousandths(parts[0]!) + thousandths(parts[1]!)).toBe(thousandths(whole));
        expect(parts[0]!.operatingHours + parts[1]!.operatingHours).toBe(whole.operatingHours);
      }),
    );
  });
});

describe('the monitors of a source', () => {
  const down = (at: number) =>
    running(at, {
      channels: {
        NOX: { average: null, validMinutes: 20, leftOut: { F: 30, C: 10 } },
        O2: { average: '15.1', validMinutes: 60, leftOut: {} },
      },
    });

  it('are down in the operating hours without a valid average, and why stands beside it', () => {
    const still = hour(FIRST + 5, { channels: { NOX: { average: null, validMinutes: 0, leftOut: {} } } });
    const report = made([down(FIRST), down(FIRST + 1), running(FIRST + 2), running(FIRST + 3), down(FIRST + 4), still]);
    expect(report.downtime.find(({ channel }) => channel === 'NOX')).toEqual({
      channel: 'NOX',
      parameter: 'NOX',
      hours: 3,
      percentOfOperatingHours: '60.0',
      periods: [
        { from: '2018-01-01T07:00Z', until: '2018-01-01T09:00Z', hours: 2 },
        { from: '2018-01-01T11:00Z', until: '2018-01-01T12:00Z', hours: 1 },
      ],
      minutesLeftOut: { C: 30, F: 90 },
    });
    expect(report.downtime.find(({ channel }) => channel === 'O2')!.hours).toBe(0);
  });
});

describe('the limits of a source', () => {
  it('are counted window by window, with the highest average', () => {
    const windows = [
      window(FIRST, '0.1'),
      window(FIRST + 1, '0.16'),
      window(FIRST + 2, '0.18'),
      window(FIRST + 3, null),
    ];
    const report = made(
      [0, 1, 2, 3, 4, 5, 6, 7].map((i) => running(FIRST + i)),
      { windows: windows.reverse() },
    );
    expect(report.limits).toEqual([
      {
        rule: 'NOX-4H',
        parameter: 'noxRate',
        unit: 'lb/mmBtu',
        operatingHours: 4,
        citation: 'permit of the tests, condition 1',
        windows: 4,
        windowsOver: 2,
        windowsOverNotOnRecord: 2,
        windowsWithoutData: 1,
        percentOver: '25.0',
        highest: { average: '0.18', limit: '0.15', windowEnd: textOfHour(FIRST + 2) },
      },
    ]);
    expect(report.days[0]!.averages).toEqual([{ highest: '0.18', limit: '0.15' }]);
    expect(report.days[1]!.averages).toEqual([null]);
  });

  it('that were exceeded are held against the exceedances on record, of the same limit and standing', () => {
    const windows = [0, 1, 2, 3, 4].map((i) => window(FIRST + i, i === 2 ? '0.1' : '0.2'));
    const run = (first: number, last: number, over: Partial<Exceedance> = {}) =>
      ({
        id: 1,
        rule: 'NOX-4H',
        state: 'ended',
        firstWindowEnd: textOfHour(FIRST + first),
        lastWindowEnd: textOfHour(FIRST + last),
        ...over,
      }) as Exceedance;
    const notOnRecord = (...exceedances: Exceedance[]) =>
      made([running(FIRST)], { windows, exceedances }).limits[0]!.windowsOverNotOnRecord;
    expect(notOnRecord()).toBe(4);
    expect(notOnRecord(run(0, 1), run(3, 4))).toBe(0);
    // A run may have begun in the quarter before, and last.
    expect(notOnRecord(run(-5, 1, { state: 'lasting' }))).toBe(2);
    expect(notOnRecord(run(0, 4, { state: 'retracted' }), run(0, 4, { rule: 'SO2-4H' }))).toBe(4);
  });

  it('stand beside the exceedances, with cause and action, in the order of time', () => {
    const run = (id: number, at: number): Exceedance => ({
      id,
      facility: '7953',
      source: 'CT1',
      rule: 'NOX-4H',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      citation: 'permit of the tests, condition 1',
      state: 'ended',
      firstWindowEnd: textOfHour(at),
      lastWindowEnd: textOfHour(at),
      windows: 1,
      worstAverage: '0.18',
      limit: '0.15',
      foundAt: '2018-01-02T00:00:00.000Z',
      retractedAt: null,
      mergedInto: null,
      acknowledgedAt: null,
      acknowledgedBy: null,
      reason: 'process',
      action: 'load-reduced',
      note: null,
    });
    const report = made([running(FIRST)], { exceedances: [run(1, FIRST + 9), run(2, FIRST)] });
    expect(report.exceedances.map(({ id }) => id)).toEqual([2, 1]);
  });
});

describe('the continuity of a source', () => {
  it('counts each hour for itself, without declared outages and before nothing was expected', () => {
    // Three hours: one whole, one of 50 minutes, one declared in whole of which 20 minutes came all the same.
    const hours = [running(FIRST), running(FIRST + 1, { minutes: 50 }), running(FIRST + 2, { minutes: 20 })];
    const outages = [{ from: (FIRST + 2) * 60, until: (FIRST + 2160) * 60 }];
    expect(made(hours, { outages, checkedUntil: (FIRST + 3) * 60 }).continuity).toEqual({
      expectedMinutes: 120,
      storedMinutes: 130,
      missingMinutes: 10,
      declaredOutageMinutes: 2158 * 60,
      checkedUntil: '2018-01-01T10:00Z',
      gaps: [],
    });
  });

  it('expects nothing before the source began', () => {
    const report = made([running(FIRST + 2000)], { begins: FIRST + 2000 });
    expect(report.coverage).toMatchObject({ hoursExpected: 160, hoursStored: 1, complete: false });
    expect(report.days[0]!.hours).toBe(' '.repeat(24));
    expect(report.continuity.expectedMinutes).toBe(160 * 60);
  });

  it('expects nothing after the report is made, and is not complete before the quarter is over', () => {
    // Made 100 h and 14 min after the first hour began: the last of them is closed a minute later.
    const hours = Array.from({ length: 99 }, (_, i) => running(FIRST + i));
    const { coverage, continuity, days } = made(hours, { asOf: (FIRST + 100) * 60 + 14 });
    expect(coverage).toMatchObject({ hoursExpected: 99, hoursStored: 99, complete: false, missing: [] });
    expect(continuity).toMatchObject({ expectedMinutes: 99 * 60, missingMinutes: 0 });
    expect(days[4]!.hours).toBe('ooo'.padEnd(24));
    expect(made(hours, { asOf: (FIRST + 100) * 60 + 15 }).coverage.missing).toMatchObject([{ hours: 1 }]);
  });

  it('names open gaps with their reason, cut to the quarter', () => {
    const gaps = [{ source: 'CT1', from: FIRST * 60 - 30, until: FIRST * 60 + 5, reason: 'no-agent' as const }];
    expect(made([running(FIRST)], { gaps }).continuity.gaps).toEqual([
      {
        from: '2018-01-01T07:00Z',
        until: '2018-01-01T07:05Z',
        class: 'lost',
        text: expect.stringContaining('edge agent'),
      },
    ]);
  });
});
