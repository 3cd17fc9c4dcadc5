import type { Downtime } from '../contracts/quarterly-report.ts';
import { periodsOf } from './periods.ts';
import { percentOf } from './share.ts';
import type { ReadHour } from './source-hour.ts';

export interface ReportedChannel {
  readonly channel: string;
  readonly parameter: string;
}

/**
 * Operating hours in which a channel has no valid average, as the summary report of 40 CFR 60.7(d) counts the downtime
 * of a monitoring system: in hours, and in percent of the source's operating time counted in hours.
 */
export const monitorDowntime = (operating: readonly ReadHour[], channels: readonly ReportedChannel[]): Downtime[] =>
  channels.map(({ channel, parameter }) => {
    const down: number[] = [];
    const leftOut = new Map<string, number>();
    for (const { hour, document } of operating) {
      const stored = document.channels[channel];
      // A channel that the plan did not have in that hour was not down in it.
      if (!stored || stored.average !== null) continue;
      down.push(hour);
      for (const [letter, minutes] of Object.entries(stored.leftOut))
        leftOut.set(letter, (leftOut.get(letter) ?? 0) + minutes);
    }
    return {
      channel,
      parameter,
      hours: down.length,
      percentOfOperatingHours: percentOf(down.length, operating.length),
      periods: periodsOf(down),
      minutesLeftOut: Object.fromEntries([...leftOut].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  });
