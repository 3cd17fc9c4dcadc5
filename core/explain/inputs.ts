import type { ExplainedValue } from '../contracts/api/measurements.ts';
import type { EmissionHour, Parameter } from '../contracts/emission-hour.ts';
import type { SourceVersion } from '../contracts/monitoring-plan.ts';
import {
  reportedConcentration,
  reportedGasFlow,
  reportedOxygen,
  reportedStackFlow,
} from '../hour/reporting-precision.ts';
import { Decimal, decimalText } from '../units/decimal.ts';
import { hundredScfh, percentDry, ppmDry, scfhWet } from '../units/quantity.ts';

export type Input = ExplainedValue['inputs'][number];

const textOf = (value: Decimal | undefined) => (value === undefined ? null : decimalText(value));

/** How a channel's average is rounded before an equation takes it; the basis makes no difference to that. */
const REPORTED = {
  concentration: (average: Decimal): Decimal => reportedConcentration(ppmDry(average)).value,
  oxygen: (average: Decimal): Decimal => reportedOxygen(percentDry(average)),
  stackFlow: (average: Decimal): Decimal | undefined => reportedStackFlow(scfhWet(average)),
  gasFlow: (average: Decimal): Decimal | undefined => reportedGasFlow(hundredScfh(average)),
} as const;

/** What goes into the equations of one stored hour, as they take it: rounded where the regulation rounds. */
export const inputsOf = (document: EmissionHour, { channels, fuel }: SourceVersion) => ({
  /** Mean of a channel's valid minutes. */
  channel: (symbol: string, name: string, channel: string, kind: keyof typeof REPORTED): Input => {
    const average = document.channels[channel]?.average ?? null;
    const planned = channels.find((each) => each.channel === channel);
    const unit = planned?.unit ?? '';
    return {
      name,
      symbol,
      value: average === null ? null : textOf(REPORTED[kind](new Decimal(average))),
      unit: planned === undefined || planned.basis === 'none' ? unit : `${unit}, ${planned.basis}`,
      from: 'channel',
      of: channel,
    };
  },

  /** Another value of the hour. */
  value: (symbol: string, name: string, parameter: Parameter): Input => {
    const { value, unit } = document.values[parameter] ?? { value: null, unit: '' };
    return { name, symbol, value, unit, from: 'value', of: parameter };
  },

  plan: (symbol: string, name: string, figure: 'gcv' | 'fd' | 'fc' | 'so2Rate', unit: string): Input => ({
    name,
    symbol,
    value: fuel[figure] ?? null,
    unit,
    from: 'plan',
    of: fuel.fuel,
  }),

  operatingTime: (symbol: string, name: string): Input => ({
    name,
    symbol,
    value: document.operatingTime,
    unit: 'h',
    from: 'hour',
    of: null,
  }),

  constant: (symbol: string, name: string, value: Decimal, unit: string): Input => ({
    name,
    symbol,
    value: decimalText(value),
    unit,
    from: 'constant',
    of: null,
  }),
});

export type Inputs = ReturnType<typeof inputsOf>;
