import type { Parameter } from '#core/contracts/emission-hour';

/*
 * Decimals to which each hourly value is reported. The record keeps its decimals without the zeros at their end; people
 * read from them how exact a figure is. A test holds these to the equations that round.
 */

const PLACES: Readonly<Record<Parameter, number>> = {
  heatInputRate: 1,
  heatInput: 3,
  noxRate: 3,
  noxMassRate: 1,
  noxMass: 3,
  co2MassRate: 1,
  co2Mass: 3,
  so2MassRate: 1,
  so2Mass: 3,
};

/** Equations that round to more than the others of their value. */
const FINER: Readonly<Record<string, number>> = { 'D-5': 4, 'D-12': 4 };

/** Operating time is a fraction of the hour to 0.01. */
export const OPERATING_TIME_PLACES = 2;

/** @param equation the one that gave the value, where it is known */
export const reportingPlaces = (parameter: Parameter, equation = ''): number => FINER[equation] ?? PLACES[parameter];

const decimalsIn = (value: number): number => String(value).split('.')[1]?.length ?? 0;

/** Of many values of one kind whose equation is not told: as many as the one with the most has. */
export const placesOfMany = (parameter: Parameter, values: readonly (number | null)[]): number =>
  Math.max(reportingPlaces(parameter), ...values.map((value) => (value === null ? 0 : decimalsIn(value))));
