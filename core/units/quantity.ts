import { Decimal } from './decimal.ts';

declare const unit: unique symbol;

/** A decimal that carries its unit and, for gas, its moisture basis; the unit exists in the type only. */
export type Quantity<U extends string> = Decimal & { readonly [unit]: U };

export type PpmWet = Quantity<'ppm, wet'>;
export type PpmDry = Quantity<'ppm, dry'>;
export type PercentWet = Quantity<'% by volume, wet'>;
export type PercentDry = Quantity<'% by volume, dry'>;
export type ScfhWet = Quantity<'scf/h, wet'>;
export type HundredScfh = Quantity<'100 scf/h'>;
export type BtuPerHundredScf = Quantity<'Btu/100 scf'>;
/** Pollutant mass in a volume of dry flue gas. */
export type PoundPerDscf = Quantity<'lb/dscf'>;
/** Pollutant mass in a volume of flue gas, on the moisture basis of its diluent. */
export type PoundPerScf = Quantity<'lb/scf'>;
export type MmBtuPerHour = Quantity<'mmBtu/h'>;
export type MmBtu = Quantity<'mmBtu'>;
export type PoundPerMmBtu = Quantity<'lb/mmBtu'>;
export type PoundPerHour = Quantity<'lb/h'>;
export type Pound = Quantity<'lb'>;
export type ShortTonPerHour = Quantity<'short ton/h'>;
export type ShortTon = Quantity<'short ton'>;
export type HourFraction = Quantity<'h of operation in the hour'>;
/** Fd: dry flue gas volume per heat, dscf/mmBtu. */
export type DryFFactor = Quantity<'dscf/mmBtu'>;
/** Fc: CO2 volume per heat, scf CO2/mmBtu. */
export type CarbonFFactor = Quantity<'scf CO2/mmBtu'>;

/**
 * Gives a number its unit.
 * @throws RangeError when the number is not finite
 */
const quantity =
  <U extends string>() =>
  (value: number | string | Decimal): Quantity<U> => {
    const decimal = new Decimal(value);
    if (!decimal.isFinite()) throw new RangeError(`expected a finite quantity, got ${value}`);
    return decimal as Quantity<U>;
  };

export const ppmWet = quantity<'ppm, wet'>();
export const ppmDry = quantity<'ppm, dry'>();
export const percentWet = quantity<'% by volume, wet'>();
export const percentDry = quantity<'% by volume, dry'>();
export const scfhWet = quantity<'scf/h, wet'>();
export const hundredScfh = quantity<'100 scf/h'>();
export const btuPerHundredScf = quantity<'Btu/100 scf'>();
export const poundPerDscf = quantity<'lb/dscf'>();
export const poundPerScf = quantity<'lb/scf'>();
export const mmBtuPerHour = quantity<'mmBtu/h'>();
export const mmBtu = quantity<'mmBtu'>();
export const poundPerMmBtu = quantity<'lb/mmBtu'>();
export const poundPerHour = quantity<'lb/h'>();
export const pound = quantity<'lb'>();
export const shortTonPerHour = quantity<'short ton/h'>();
export const shortTon = quantity<'short ton'>();
export const hourFraction = quantity<'h of operation in the hour'>();
export const dryFFactor = quantity<'dscf/mmBtu'>();
export const carbonFFactor = quantity<'scf CO2/mmBtu'>();
