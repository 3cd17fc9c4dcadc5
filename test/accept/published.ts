import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { strFromU8, unzipSync } from 'fflate';

/**
 * EPA's published hours, read without any code of the product, so that the comparison does not share its mistakes.
 * Decimals are whole numbers of thousandths.
 */
export interface PublishedHour {
  readonly unit: string;
  readonly time: string;
  readonly operating: boolean;
  readonly operatingHundredths: number;
  readonly measured: boolean;
  /** Operating, and its NOx rate is not a measured one. */
  readonly substitute: boolean;
  readonly load: string;
  readonly thousandths: Readonly<Record<'heatInput' | 'noxRate' | 'noxMass' | 'co2Mass' | 'so2Mass', number>>;
}

export const thousandths = (text: string): number => {
  if (text === '') return Number.NaN;
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > 3) throw new Error(`more than three decimals: ${text}`);
  return Number(whole || '0') * 1000 + Number(fraction.padEnd(3, '0'));
};

export const publishedHours = (zips: readonly string[]): PublishedHour[] =>
  zips.flatMap((zip) =>
    Object.values(unzipSync(readFileSync(zip))).flatMap((csv) =>
      (parse(strFromU8(csv), { columns: true }) as Record<string, string>[]).map((row) => {
        const [month, day, year] = row.OP_DATE!.split('-');
        return {
          unit: `${row.ORISPL_CODE}/${row.UNITID}`,
          time: `${year}-${month}-${day} ${row.OP_HOUR}`,
          operating: Number(row.OP_TIME) > 0,
          operatingHundredths: thousandths(row.OP_TIME!) / 10,
          measured: row.NOX_RATE_MEASURE_FLG === 'Measured',
          substitute: Number(row.OP_TIME) > 0 && row.NOX_RATE_MEASURE_FLG === 'Substitute',
          load: row['GLOAD (MW)']!,
          thousandths: {
            heatInput: thousandths(row['HEAT_INPUT (mmBtu)']!),
            noxRate: thousandths(row['NOX_RATE (lbs/mmBtu)']!),
            noxMass: thousandths(row['NOX_MASS (lbs)']!),
            co2Mass: thousandths(row['CO2_MASS (tons)']!),
            so2Mass: thousandths(row['SO2_MASS (lbs)']!),
          },
        };
      }),
    ),
  );
