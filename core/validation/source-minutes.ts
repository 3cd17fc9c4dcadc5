import type { ValidatedMinutes } from '../contracts/validated-minutes.ts';
import type { SourceMinute } from '../ports.ts';
import { minuteOfText } from '../time.ts';

/** Validated minutes one by one, as they are stored. */
export const sourceMinutes = ({ start, minutes, sources }: ValidatedMinutes): SourceMinute[] => {
  const first = minuteOfText(start);
  const stored: SourceMinute[] = [];
  for (const { sourceId, revision, firedSeconds, grossLoad, readings, statuses } of sources)
    for (let m = 0; m < minutes; m++)
      stored.push({
        sourceId,
        minute: first + m,
        revision,
        firedSeconds: firedSeconds[m] ?? 0,
        grossLoad: grossLoad[m] ?? null,
        readings: readings[m] ?? [],
        statuses: statuses[m] ?? '',
      });
  return stored;
};
