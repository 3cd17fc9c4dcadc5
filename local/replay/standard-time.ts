/**
 * Standard time by state, minutes east of UTC, where EPA's file names the state. States with two zones have that of
 * most of their plants. It places the hours in UTC; no reported value depends on it.
 */
const ZONES: readonly (readonly [number, string])[] = [
  [-300, 'CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV'],
  [-360, 'AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI'],
  [-420, 'AZ CO ID MT NM UT WY'],
  [-480, 'CA NV OR WA'],
  [-540, 'AK'],
  [-600, 'HI'],
  [-240, 'PR'],
];
const EASTERN = -300;

/** Eastern Standard Time where the state is not known. */
export const standardTime = (state: string | undefined): number =>
  ZONES.find(([, states]) => state !== undefined && states.split(' ').includes(state))?.[0] ?? EASTERN;
