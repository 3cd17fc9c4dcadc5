import { Decimal } from '../../units/decimal.ts';
import { type CarbonFFactor, type MmBtuPerHour, type ShortTonPerHour, shortTonPerHour } from '../../units/quantity.ts';
import { roundHalfAway } from '../../units/rounding.ts';
import { cite } from '../citation.ts';

export const EQ_G_4 = cite('G-4', '40 CFR Part 75, App. G, section 2.3, Eq. G-4', 'CO2 mass rate from heat input', {
  formula: 'WCO2 = Fc × H × Uf × MW(CO2) / 2000',
  places: 1,
});

/** MW of CO2, lb/lb-mol. */
export const MOLECULAR_WEIGHT = new Decimal('44.0');
/** 1/Uf: scf of CO2 in a lb-mol. */
export const SCF_PER_POUND_MOLE = new Decimal(385);
export const POUNDS_PER_SHORT_TON = new Decimal(2000);
/** The divisors together, so that the quotient is rounded once. */
const DIVISOR = SCF_PER_POUND_MOLE.times(POUNDS_PER_SHORT_TON);

/**
 * CO2 mass emission rate of a gas- or oil-fired unit from its heat input.
 *
 *     WCO2 = Fc H Uf MW(CO2) / 2000,  Uf = 1/385            (Eq. G-4)
 *
 * @param heatInputRate H, mmBtu/h, as reported (0.1)
 * @param fc            Fc, scf CO2/mmBtu, 1040 for natural gas
 * @returns             short tons/h of operation, rounded to 0.1; undefined without an F-factor
 * @see {@link EQ_G_4}
 * @example co2MassRateOfFuel(mmBtuPerHour('1499.2'), carbonFFactor(1040)) // 89.1 tons/h
 */
export const co2MassRateOfFuel = (heatInputRate: MmBtuPerHour, fc: CarbonFFactor): ShortTonPerHour | undefined =>
  fc.gt(0)
    ? roundHalfAway(shortTonPerHour(heatInputRate.times(fc).times(MOLECULAR_WEIGHT).div(DIVISOR)), EQ_G_4.places)
    : undefined;
