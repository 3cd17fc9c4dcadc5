import { PARAMETERS, type Parameter } from '../contracts/emission-hour.ts';
import type { SourceVersion } from '../contracts/monitoring-plan.ts';

/** The unit in which each hourly value is stored. */
export const UNIT_OF = {
  heatInputRate: 'mmBtu/h',
  heatInput: 'mmBtu',
  noxRate: 'lb/mmBtu',
  noxMassRate: 'lb/h',
  noxMass: 'lb',
  co2MassRate: 'short ton/h',
  co2Mass: 'short ton',
  so2MassRate: 'lb/h',
  so2Mass: 'lb',
} as const satisfies Record<Parameter, string>;

/** What a total of the hour is made of: it has no equation of its own in Part 75. */
export interface Total {
  /** As it stands in the stored hour. */
  readonly equation: string;
  readonly of: readonly [Parameter, Parameter | 'operatingTime'];
  /** Decimals to which it is rounded; undefined: the product is exact. */
  readonly places?: number;
  /** Whose summand it is. */
  readonly citation: string;
}

const TIMES_OPERATING_TIME = 'rate x operatingTime';

export const TOTALS = {
  heatInput: {
    equation: TIMES_OPERATING_TIME,
    of: ['heatInputRate', 'operatingTime'],
    citation: '40 CFR Part 75 sums it up by the quarter and has no equation of its own for an hour',
  },
  /** EPA publishes the hour's NOx from the rate and the heat input of the hour, not from the rounded lb/h. */
  noxMass: {
    equation: 'noxRate x heatInput',
    of: ['noxRate', 'heatInput'],
    places: 3,
    citation: '40 CFR Part 75, App. F, one hour of the sum of Eq. F-27, in lb',
  },
  co2Mass: {
    equation: TIMES_OPERATING_TIME,
    of: ['co2MassRate', 'operatingTime'],
    citation: '40 CFR Part 75, App. F, one hour of the sum of Eq. F-12',
  },
  so2Mass: {
    equation: TIMES_OPERATING_TIME,
    of: ['so2MassRate', 'operatingTime'],
    places: 3,
    citation: '40 CFR Part 75, App. F, one hour of the sum of Eq. F-3, in lb',
  },
} as const satisfies Partial<Record<Parameter, Total>>;

/** The values that an operating hour has by a version of the plan. */
export const parametersOf = ({ formulas }: SourceVersion): Parameter[] => {
  const made = new Set<Parameter>(formulas.map(({ parameter }) => parameter));
  const has = {
    heatInput: made.has('heatInputRate'),
    noxMass: made.has('noxRate') && made.has('heatInputRate'),
    co2Mass: made.has('co2MassRate'),
    so2Mass: made.has('so2MassRate'),
  };
  return PARAMETERS.filter((parameter) =>
    parameter in has ? has[parameter as keyof typeof has] : made.has(parameter),
  );
};
