import { Decimal } from '../../units/decimal.ts';
import {
  type CarbonFFactor,
  type DryFFactor,
  type PercentDry,
  type PercentWet,
  type PoundPerDscf,
  type PoundPerMmBtu,
  type PoundPerScf,
  type PpmDry,
  poundPerDscf,
  poundPerMmBtu,
} from '../../units/quantity.ts';
import { roundHalfAway } from '../../units/rounding.ts';
import { cite } from '../citation.ts';

export const EQ_19_1 = cite(
  '19-1',
  '40 CFR Part 60, App. A-7, Method 19, section 12.2.1, Eq. 19-1',
  'emission rate, dry, by O2',
  { formula: 'E = K × Ch × Fd × 20.9 / (20.9 - %O2d)', places: 3 },
);
export const EQ_19_6 = cite(
  '19-6',
  '40 CFR Part 60, App. A-7, Method 19, section 12.2.4, Eq. 19-6',
  'emission rate by CO2',
  { formula: 'E = K × Ch × Fc × 100 / %CO2', places: 3 },
);

/** Oxygen in dry air, % by volume. */
export const OXYGEN_OF_AIR = new Decimal('20.9');
/** ppm of NOx as NO2 to lb/scf (Table 19-1; K of Part 75, App. F, section 3): the rule's digits. */
export const K_NOX = new Decimal('1.194e-7');

const HUNDRED = new Decimal(100);

/**
 * Emission rate of any pollutant from its dry concentration and dry oxygen.
 *
 *     E = Cd Fd 20.9 / (20.9 - %O2d)                        (Eq. 19-1)
 *
 * @param concentration Cd, lb/dscf
 * @param fd            Fd, dscf/mmBtu
 * @param oxygen        %O2d, hourly average
 * @returns             E, lb/mmBtu, unrounded; undefined when oxygen is not below that of air
 * @see {@link EQ_19_1}
 * @example emissionRateByOxygen(poundPerDscf('4.5'), dryFFactor(4), percentDry(2)) // 19.904762 lb/mmBtu
 */
export const emissionRateByOxygen = (
  concentration: PoundPerDscf,
  fd: DryFFactor,
  oxygen: PercentDry,
): PoundPerMmBtu | undefined => {
  const belowAir = OXYGEN_OF_AIR.minus(oxygen);
  if (!belowAir.gt(0) || !fd.gt(0)) return undefined;
  return poundPerMmBtu(concentration.times(fd).times(OXYGEN_OF_AIR).div(belowAir));
};

/**
 * Emission rate of any pollutant from its concentration and carbon dioxide, both on one moisture basis.
 *
 *     E = C Fc 100 / %CO2                                   (Eq. 19-6 dry, 19-7 wet)
 *
 * @param concentration C, lb/scf
 * @param fc            Fc, scf CO2/mmBtu
 * @param carbonDioxide %CO2, hourly average
 * @returns             E, lb/mmBtu, unrounded; undefined when there is no carbon dioxide
 * @see {@link EQ_19_6}
 * @example emissionRateByCarbonDioxide(poundPerScf('4.5'), carbonFFactor(3), percentDry(2)) // 675 lb/mmBtu
 */
export const emissionRateByCarbonDioxide = (
  concentration: PoundPerScf,
  fc: CarbonFFactor,
  carbonDioxide: PercentDry | PercentWet,
): PoundPerMmBtu | undefined => {
  if (!carbonDioxide.gt(0) || !fc.gt(0)) return undefined;
  return poundPerMmBtu(concentration.times(fc).times(HUNDRED).div(carbonDioxide));
};

/**
 * NOx emission rate of one operating hour, dry NOx and dry oxygen.
 *
 *     E = K Ch Fd 20.9 / (20.9 - %O2d)                      (Eq. 19-1; the same as Eq. F-5 of Part 75)
 *
 * @param nox    Ch, hourly average, ppm dry, rounded to 0.1
 * @param fd     Fd, dscf/mmBtu
 * @param oxygen %O2d, hourly average, rounded to 0.1
 * @returns      E, lb/mmBtu as NO2, rounded to 0.001; undefined when oxygen is not below that of air
 * @see {@link EQ_19_1}
 * @example noxRateByOxygen(ppmDry('21.4'), dryFFactor(8710), percentDry('15.6')) // 0.088 lb/mmBtu
 */
export const noxRateByOxygen = (nox: PpmDry, fd: DryFFactor, oxygen: PercentDry): PoundPerMmBtu | undefined => {
  const rate = emissionRateByOxygen(poundPerDscf(K_NOX.times(nox)), fd, oxygen);
  return rate && roundHalfAway(rate, EQ_19_1.places);
};
