/**
 * Method of determination codes that tell of substitute data: the hour was not measured, its value follows from other
 * hours or from a maximum. Not among them: 14 (diluent cap), 16, 19 to 22, 26, which stand on a measurement.
 * Origin: 40 CFR 75.57, Table 4a; ECMPS Emissions Reporting Instructions, section 2.5.
 */
export const SUBSTITUTE_CODES: ReadonlySet<string> = new Set(
  '06 07 08 09 10 11 12 13 15 18 23 24 25 45 46 48 55'.split(' '),
);
