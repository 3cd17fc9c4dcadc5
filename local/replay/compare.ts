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
  readonly published: string;
  readonly stored: string | null;
}

/** Differences are kept, to be named, up to this many. */
const NAMED = 5;

/** Holds stored hours against the published ones. A value that the input does not publish is not compared. */
export const comparison = () => {
  const counts = Object.fromEntries(COMPARED.map((name) => [name, { equal: 0, of: 0 }])) as Record<
    Compared,
    { equal: number; of: number }
  >;
  const differences: Difference[] = [];
  return {
    counts: counts as Comparison,
    /** The first values that were not equal. */
    differences: differences as readonly Difference[],
    add: (hour: EpaHour, stored: EmissionHour | undefined): void => {
      if (Number(hour.operatingTime) === 0) return;
      const measured = hour.noxRateFlag === 'Measured';
      for (const value of COMPARED) {
        if ((value === 'noxRate' || value === 'noxMass') && !measured) continue;
        const published = hour[value];
        if (published === null) continue;
        counts[value].of++;
        const found = stored?.values[value]?.value ?? null;
        if (found !== null && isEqual(value, published, found)) counts[value].equal++;
        else if (stored && differences.length < NAMED) differences.push({ hour, value, published, stored: found });
      }
    },
  };
};

const isEqual = (value: Compared, published: string, stored: string): boolean =>
  value === 'so2Mass'
    ? new Decimal(published).minus(stored).abs().lessThanOrEqualTo(SO2_WITHIN)
    : new Decimal(published).equals(stored);
