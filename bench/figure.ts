import { availableParallelism, cpus } from 'node:os';

/** Prints one figure as a line of JSON, with its goal where there is one and what bounds it. */
export const figure = (
  name: string,
  value: number,
  unit: string,
  details: Readonly<Record<string, unknown>> = {},
): void => {
  console.log(JSON.stringify({ figure: name, value: Number(value.toPrecision(4)), unit, ...details }));
};

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
});

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
