import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { EmissionHour } from '#core/contracts/emission-hour';

const VALUES = ['heatInput', 'noxRate', 'noxMass', 'co2Mass', 'so2Mass'] as const;
const HEADER = [
  'orisCode',
  'unit',
  'date',
  'hour',
  'operatingTime',
  'grossLoad',
  ...VALUES.flatMap((value) => [value, `${value}Modc`]),
].join(',');

/** One line an hour; a field without a value is empty. Names hold no commas or quotes by their contract. */
export const exportLine = (hour: EmissionHour, orisCode: number | null): string =>
  [
    orisCode ?? hour.facility,
    hour.source,
    hour.date,
    hour.clockHour,
    hour.operatingTime,
    hour.grossLoad ?? '',
    ...VALUES.flatMap((value) => [hour.values[value]?.value ?? '', hour.values[value]?.modc ?? '']),
  ].join(',');

/**
 * Writes stored hours as CSV: totals of the hour in mmBtu, lb and short tons, NOx rate in lb/mmBtu.
 * @returns the number of hours written
 */
export const exportHours = async (
  file: string,
  hours: AsyncIterable<EmissionHour>,
  orisCodes: ReadonlyMap<string, number | null>,
): Promise<number> => {
  let count = 0;
  const lines = async function* () {
    yield `${HEADER}\n`;
    for await (const hour of hours) {
      count++;
      yield `${exportLine(hour, orisCodes.get(hour.facility) ?? null)}\n`;
    }
  };
  await pipeline(lines, createWriteStream(file));
  return count;
};
