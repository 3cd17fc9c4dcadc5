import type { ValidatedMinutes } from '#core/contracts/validated-minutes';
import type { NamedMinute } from '#core/ports';
import { minuteOfText } from '#core/time';

/**
 * Source-minutes of messages by their names. A message written before names were part of it has none to give; its
 * minutes are counted in `unnamed`.
 */
export const namedMinutes = (messages: readonly ValidatedMinutes[]) => {
  const minutes: NamedMinute[] = [];
  let unnamed = 0;
  for (const { facility, start, channels: lists, sources } of messages) {
    const first = minuteOfText(start);
    for (const { source, layout = 0, revision, firedSeconds, grossLoad, readings, statuses } of sources) {
      const channels = lists?.[layout];
      if (source === undefined || !channels) {
        unnamed += firedSeconds.length;
        continue;
      }
      for (const [i, fired] of firedSeconds.entries())
        minutes.push({
          facility,
          source,
          minute: first + i,
          // Revisions count from 0.
          version: revision + 1,
          firedSeconds: fired,
          grossLoad: grossLoad[i]!,
          channels,
          readings: readings[i]!,
          statuses: statuses[i]!,
        });
    }
  }
  return { minutes, unnamed };
};
