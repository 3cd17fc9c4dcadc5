import { counted, plantTime } from './figures.ts';
import type { Matter } from './matter.ts';
import type { PlantState } from './plant-state.ts';

/** A facility from which nothing has come for too long, by the clock on the wall. Quiet in a declared outage. */
export const silenceMatters = (state: PlantState, now: number): Matter[] => {
  const { facility, arrivedAt, newestMinute, settings, facilityOutage, utcOffsetMinutes } = state;
  if (arrivedAt === null || newestMinute === null || facilityOutage) return [];
  const minutes = Math.floor((now - arrivedAt) / 60_000);
  if (minutes < settings.dataStoppedMinutes) return [];
  const text =
    `Nothing has come from facility ${facility} for ${counted(minutes, 'minute')}. ` +
    `The last minute it has spoken for is ${plantTime(newestMinute, utcOffsetMinutes)}. ` +
    'Its minutes wait at the edge agent as long as that runs.';
  const name = { source: null, kind: 'data-stopped', subject: '', run: null } as const;
  return [{ ...name, minute: newestMinute, level: 0, text, stand: 'raise' }];
};
