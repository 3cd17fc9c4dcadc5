import type { EmissionHour } from '#core/contracts/emission-hour';
import { Decimal } from '#core/units/decimal';
import type { EpaHour } from '../../edge-agent/sources/epa-hours.ts';

export const COMPARED = ['heatInput', 'noxRate', 'noxMass', 'co2Mass', 'so2Mass'] as const;
export type Compared = (typeof COMPARED)[number];
export type Comparison = Readonly<Record<Compared, { equal: number; of: number }>>;

/** EPA publishes SO2 with three decimals from a rate of four and rounds in between: lb of the hour. */
const SO2_WITHIN = new Decimal('0.0011');

export interface Difference {
  readonly hour: EpaHour;
  readonly value: Compared;
  readonly published: string | null;
  readonly stored: string | null;
}

/** Holds stored hours against the published ones. */
export const comparison = () => {
  const counts = Object.fromEntries(COMPARED.map((name) => [name, { equal: 0, of: 0 }])) as Record<
    Compared,
    { equal: number; of: number }
  >;
  const differences: Difference[] = [];
  return {
    counts: counts as Comparison,
    /** What was not equal, in order. */
    differences: differences as readonly Difference[],
    add: (hour: EpaHour, stored: EmissionHour | undefined): void => {
      if (Number(hour.operatingTime) === 0) return;
      const measured = hour.noxRateFlag === 'Measured';
      for (const value of COMPARED) {
        if ((value === 'noxRate' || value === 'noxMass') && !measured) continue;
        counts[value].of++;
        const published = hour[value];
        const found = stored?.values[value]?.value ?? null;
        if (published !== null && found !== null && isEqual(value, published, found)) counts[value].equal++;
        else differences.push({ hour, value, published, stored: found });
      }
    },
  };
};

const isEqual = (value: Compared, published: string, stored: string): boolean =>
  value === 'so2Mass'
    ? new Decimal(published).minus(stored).abs().lessThanOrEqualTo(SO2_WITHIN)
    : new Decimal(published).equals(stored);
