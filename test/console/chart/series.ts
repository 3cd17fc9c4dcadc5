import { type Series, series } from '#core/contracts/api/measurements';

interface Given {
  readonly hours: readonly number[];
  readonly values: readonly (number | null)[];
  readonly states?: Series['states'];
  readonly windowEnds?: readonly number[];
  readonly averages?: readonly (number | null)[];
  readonly limit?: number;
  readonly operatingHours?: number;
}

/** An answer of the API, held to its contract. */
export const seriesOf = ({
  hours,
  values,
  states,
  windowEnds,
  averages = [],
  limit = 1,
  operatingHours = 4,
}: Given): Series =>
  series.parse({
    parameter: 'noxRate',
    unit: 'lb/mmBtu',
    parameters: ['noxRate'],
    hours,
    values,
    states: states ?? values.map((value) => (value === null ? 'not-operating' : 'measured')),
    limits:
      windowEnds === undefined
        ? []
        : [
            {
              rule: 'nox-4h',
              unit: 'lb/mmBtu',
              operatingHours,
              windowEnds,
              averages,
              limits: windowEnds.map(() => limit),
              exceeded: averages.map((average) => average !== null && average > limit),
            },
          ],
  });
