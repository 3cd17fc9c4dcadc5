import { Decimal } from '../../units/decimal.ts';
import {
  type CarbonFFactor,
  type MmBtuPerHour,
  mmBtuPerHour,
  type PercentDry,
  type PercentWet,
  type PoundPerHour,
  type PoundPerMmBtu,
  type PpmDry,
  type PpmWet,
  poundPerHour,
  poundPerScf,
  type ScfhWet,
  type ShortTonPerHour,
  shortTonPerHour,
} from '../../units/quantity.ts';
import { roundHalfAway } from '../../units/rounding.ts';
import { emissionRateByCarbonDioxide, K_NOX, noxRateByOxygen } from '../cfr40-60/method-19.ts';
import { cite } from '../citation.ts';

export const EQ_F_1 = cite('F-1', '40 CFR Part 75, App. F, section 2.1, Eq. F-1', 'SO2 mass rate, wet basis', {
  formula: 'Eh = K × Ch × Qh',
  places: 1,
});
export const EQ_F_5 = cite('F-5', '40 CFR Part 75, App. F, section 3.1, Eq. F-5', 'NOx rate by O2, dry basis', {
  formula: 'E = K × Ch × F × 20.9 / (20.9 - %O2)',
  places: 3,
});
export const EQ_F_6 = cite('F-6', '40 CFR Part 75, App. F, section 3.2, Eq. F-6', 'NOx rate by CO2', {
  formula: 'E = K × Ch × Fc × 100 / %CO2',
  places: 3,
});
export const EQ_F_11 = cite('F-11', '40 CFR Part 75, App. F, section 4.1, Eq. F-11', 'CO2 mass rate, wet basis', {
  formula: 'Eh = K × Ch × Qh',
  places: 1,
});
export const EQ_F_15 = cite('F-15', '40 CFR Part 75, App. F, section 5.2.1, Eq. F-15', 'heat input rate by wet CO2', {
  formula: 'HI = Qw × (1 / Fc) × (%CO2w / 100)',
  places: 1,
});
export const EQ_F_24A = cite(
  'F-24A',
  '40 CFR Part 75, App. F, section 8.1, Eq. F-24a',
  'NOx mass rate from rate and heat input',
  { formula: 'E(NOx) = R(NOx) × HI', places: 1 },
);

/** K of Eq. F-1, (lb/scf)/ppm SO2; the rule's digits, not recomputed from atomic weights. */
export const K_SO2 = new Decimal('1.660e-7');
/** K of Eq. F-11, (short tons/scf)/% CO2. */
export const K_CO2 = new Decimal('5.7e-7');
const HUNDRED = new Decimal(100);

/**
 * SO2 mass emission rate of one operating hour.
 *
 *     Eh = K Ch Qh                                          (Eq. F-1)
 *
 * Both monitors read on the wet basis; a dry concentration needs Eq. F-2 and the moisture.
 *
 * @param so2  Ch, hourly average, ppm wet, rounded to 0.1
 * @param flow Qh, hourly average, scf/h wet, rounded to 1000
 * @returns    Eh, lb/h of operation, rounded to 0.1
 * @see {@link EQ_F_1}
 * @example so2MassRate(ppmWet('450.3'), scfhWet(25_000_000)) // 1868.7 lb/h
 */
export const so2MassRate = (so2: PpmWet, flow: ScfhWet): PoundPerHour =>
  roundHalfAway(poundPerHour(K_SO2.times(so2).times(flow)), EQ_F_1.places);

/**
 * NOx emission rate of one operating hour, dry NOx and dry oxygen.
 *
 *     E = K Ch F 20.9 / (20.9 - %O2)                        (Eq. F-5)
 *
 * Part 75 states Method 19's Eq. 19-1 again: one implementation, two citations.
 *
 * @param nox    Ch, hourly average, ppm dry, rounded to 0.1
 * @param fd     F, dscf/mmBtu
 * @param oxygen %O2, hourly average, % dry, rounded to 0.1
 * @returns      E, lb/mmBtu, rounded to 0.001; undefined when oxygen is not below 20.9 %
 * @see {@link EQ_F_5}
 * @example noxRateByDryOxygen(ppmDry('212.4'), dryFFactor(9780), percentDry('6.2')) // 0.353 lb/mmBtu
 */
export const noxRateByDryOxygen = noxRateByOxygen;

/**
 * NOx emission rate of one operating hour by carbon dioxide.
 *
 *     E = K Ch Fc 100 / %CO2                                (Eq. F-6; Eq. 19-6 dry, 19-7 wet)
 *
 * Both monitors read on the same moisture basis.
 *
 * @param nox           Ch, hourly average, ppm, rounded to 0.1
 * @param fc            Fc, scf CO2/mmBtu
 * @param carbonDioxide %CO2, hourly average, rounded to 0.1
 * @returns             E, lb/mmBtu, rounded to 0.001; undefined when there is no carbon dioxide
 * @see {@link EQ_F_6}
 * @example noxRateByCarbonDioxide(ppmDry('212.4'), carbonFFactor(1800), percentDry('12.9')) // 0.354 lb/mmBtu
 */
export function noxRateByCarbonDioxide(
  nox: PpmDry,
  fc: CarbonFFactor,
  carbonDioxide: PercentDry,
): PoundPerMmBtu | undefined;
export function noxRateByCarbonDioxide(
  nox: PpmWet,
  fc: CarbonFFactor,
  carbonDioxide: PercentWet,
): PoundPerMmBtu | undefined;
export function noxRateByCarbonDioxide(
  nox: PpmDry | PpmWet,
  fc: CarbonFFactor,
  carbonDioxide: PercentDry | PercentWet,
): PoundPerMmBtu | undefined {
  const rate = emissionRateByCarbonDioxide(poundPerScf(K_NOX.times(nox)), fc, carbonDioxide);
  return rate && roundHalfAway(rate, EQ_F_6.places);
}

/**
 * CO2 mass emission rate of one operating hour.
 *
 *     Eh = K Ch Qh                                          (Eq. F-11)
 *
 * @param carbonDioxide Ch, hourly average, % wet, rounded to 0.1
 * @param flow          Qh, hourly average, scf/h wet, rounded to 1000
 * @returns             Eh, short tons/h of operation, rounded to 0.1
 * @see {@link EQ_F_11}
 * @example co2MassRate(percentWet('11.2'), scfhWet(25_000_000)) // 159.6 tons/h
 */
export const co2MassRate = (carbonDioxide: PercentWet, flow: ScfhWet): ShortTonPerHour =>
  roundHalfAway(shortTonPerHour(K_CO2.times(carbonDioxide).times(flow)), EQ_F_11.places);

/**
 * Heat input rate of one operating hour from wet carbon dioxide and wet flow.
 *
 *     HI = Qw (1 / Fc) (%CO2w / 100)                        (Eq. F-15)
 *
 * The floor of 1.0 mmBtu/h is not part of the equation: {@link flooredHeatInputRate}.
 *
 * @param flow          Qw, hourly average, scf/h wet, rounded to 1000
 * @param fc            Fc, scf CO2/mmBtu
 * @param carbonDioxide %CO2w, hourly average, rounded to 0.1
 * @returns             HI, mmBtu/h of operation, rounded to 0.1; undefined without an F-factor
 * @see {@link EQ_F_15}
 * @example heatInputRateByCarbonDioxide(scfhWet(25_000_000), carbonFFactor(1800), percentWet('11.9')) // 1652.8 mmBtu/h
 */
export const heatInputRateByCarbonDioxide = (
  flow: ScfhWet,
  fc: CarbonFFactor,
  carbonDioxide: PercentWet,
): MmBtuPerHour | undefined =>
  fc.gt(0) ? roundHalfAway(mmBtuPerHour(flow.times(carbonDioxide).div(HUNDRED.times(fc))), EQ_F_15.places) : undefined;

const LEAST_HEAT_INPUT_RATE = mmBtuPerHour(1);

/**
 * The least heat input rate that a unit with stack monitors reports for an hour of operation: 1.0 mmBtu/h, with
 * method of determination code 26. Holds for Eq. F-15 to F-18, not for fuel flow.
 * Origin: EPA check engine HOURCV-7 and response 41687 (vector V-228).
 * @example flooredHeatInputRate(mmBtuPerHour('0.4')) // { rate: 1.0, modc: '26' }
 */
export const flooredHeatInputRate = (rate: MmBtuPerHour): { rate: MmBtuPerHour; modc: '26' | null } =>
  rate.lt(LEAST_HEAT_INPUT_RATE) ? { rate: LEAST_HEAT_INPUT_RATE, modc: '26' } : { rate, modc: null };

/**
 * NOx mass emission rate of one operating hour.
 *
 *     E(NOx) = R(NOx) HI                                    (Eq. F-24a)
 *
 * @param noxRate       R(NOx), lb/mmBtu, as reported (0.001)
 * @param heatInputRate HI, mmBtu/h, as reported (0.1)
 * @returns             lb/h of operation, rounded to 0.1
 * @see {@link EQ_F_24A}
 * @example noxMassRate(poundPerMmBtu('0.37'), mmBtuPerHour('3254.7')) // 1204.2 lb/h
 */
export const noxMassRate = (noxRate: PoundPerMmBtu, heatInputRate: MmBtuPerHour): PoundPerHour =>
  roundHalfAway(poundPerHour(noxRate.times(heatInputRate)), EQ_F_24A.places);
