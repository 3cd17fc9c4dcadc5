import type { SourceMinute } from '../ports.ts';
import { addTo, meanOf } from './mean.ts';

/**
 * Gross load of an hour: mean over the minutes in which fuel was burned and the load is known, rounded to a whole
 * number. It is the load while running, not the energy of a partial hour. Null when it is not known in any minute.
 * @see 40 CFR 75.57(b)(3)
 */
export const grossLoad = (minutes: readonly SourceMinute[]): number | null => {
  const total = { sum: 0, lost: 0 };
  let known = 0;
  for (const { firedSeconds, grossLoad } of minutes) {
    if (firedSeconds === 0 || grossLoad === null) continue;
    addTo(total, grossLoad);
    known++;
  }
  // Adding 0 turns a negative zero, which JSON cannot tell from 0, into 0.
  return known === 0 ? null : meanOf(total.sum, known).round().toNumber() + 0;
};
