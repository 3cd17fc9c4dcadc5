import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { computeHour } from '#core/hour/compute-hour';
import { hourOf, minute, planOf, turbineVersion } from '../sample-plan.ts';

/** A complete hour of EPA's own test data; not part of the repository. */
const FILE = '../shared/data/epa-hourly-testcases/golden-hour-oris641-8D.json';
const present = existsSync(FILE);

interface Reported {
  readonly parameterCode: string;
  readonly unadjustedHourlyValue?: number;
  readonly adjustedHourlyValue?: number;
  readonly parameterValueForFuel?: number;
}
interface PublishedHour {
  readonly operatingTime: number;
  readonly hourLoad: number;
  readonly fdFactor: number;
  readonly monitorHourlyValueData: readonly Reported[];
  readonly derivedHourlyValueData: readonly Reported[];
  readonly hourlyFuelFlowData: readonly {
    readonly volumetricFlowRate: number;
    readonly hourlyParameterFuelFlowData: readonly Reported[];
  }[];
}

const find = (reported: readonly Reported[], code: string) =>
  reported.find((r) => r.parameterCode === code) as Reported;

describe("EPA's published hour, ORIS 641 unit 8D", () => {
  it.skipIf(!present)(`is recomputed from minutes to the last reported digit (skipped without ${FILE})`, () => {
    const published = (JSON.parse(readFileSync(FILE, 'utf8')) as { hourlyOperatingData: [PublishedHour] })
      .hourlyOperatingData[0];
    const [fuelFlow] = published.hourlyFuelFlowData as [PublishedHour['hourlyFuelFlowData'][number]];
    const factor = (code: string) => find(fuelFlow.hourlyParameterFuelFlowData, code).parameterValueForFuel;
    const measured = (code: string) => find(published.monitorHourlyValueData, code).unadjustedHourlyValue as number;
    const fuel = {
      fuel: 'PNG',
      gcv: String(factor('GCV')),
      fc: String(factor('FC')),
      so2Rate: String(factor('SO2R')),
      fd: String(published.fdFactor),
    };
    const plan = planOf([turbineVersion({ fuel })]);
    const seconds = Math.round(published.operatingTime * 3600);
    const readings = [fuelFlow.volumetricFlowRate, measured('NOXC'), measured('O2C')];
    const minutes = hourOf((m) =>
      minute(m, readings, {
        firedSeconds: Math.max(0, Math.min(60, seconds - 60 * m)),
        grossLoad: published.hourLoad,
      }),
    );
    const { document } = computeHour({
      plan,
      source: plan.sources[0] as never,
      hour: Math.floor((minutes[0]?.minute ?? 0) / 60),
      minutes,
      before: undefined,
    });
    const reported = (code: string) => find(published.derivedHourlyValueData, code).adjustedHourlyValue;
    expect(Number(document.operatingTime)).toBe(published.operatingTime);
    expect(document.grossLoad).toBe(published.hourLoad);
    expect(Number(document.values.heatInputRate?.value)).toBe(reported('HI'));
    expect(Number(document.values.noxRate?.value)).toBe(reported('NOXR'));
    expect(Number(document.values.so2MassRate?.value)).toBe(reported('SO2'));
    expect(Number(document.values.co2MassRate?.value)).toBe(reported('CO2'));
  });
});
