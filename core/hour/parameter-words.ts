import type { Parameter } from '../contracts/emission-hour.ts';

/**
 * Names of the hourly values; rates are per hour of operation, the others totals of the hour. Apart from what needs the
 * contracts' schemas, which the console does without.
 */
export const PARAMETER_WORDS: Readonly<Record<Parameter, string>> = {
  heatInputRate: 'heat input rate',
  heatInput: 'heat input',
  noxRate: 'NOx rate',
  noxMassRate: 'NOx mass rate',
  noxMass: 'NOx mass',
  co2MassRate: 'CO2 mass rate',
  co2Mass: 'CO2 mass',
  so2MassRate: 'SO2 mass rate',
  so2Mass: 'SO2 mass',
};
