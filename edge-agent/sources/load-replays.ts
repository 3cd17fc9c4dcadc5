import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import type { Clock } from '../clock.ts';
import type { Report } from '../events.ts';
import { readEpaHours } from './epa-hours.ts';
import { type Replay, replay } from './replay.ts';
import type { Source } from './source.ts';

export interface ReplayedFacility {
  readonly plan: MonitoringPlan;
  readonly files: readonly string[];
  /** Only these, as ORIS/UNIT. */
  readonly units?: readonly string[] | undefined;
  readonly speed: 'max' | number;
}

/**
 * Reads the files of several facilities once, and gives each facility's hours to its replay. What cannot be read or
 * replayed is reported, once, and does not stop the rest. Hours of plants that nobody here replays are passed over.
 * @throws Error when a file cannot be read, or a facility has no ORIS code to be found by
 */
export const loadReplays = async (
  facilities: readonly ReplayedFacility[],
  clock: Clock,
  report: Report,
): Promise<ReadonlyMap<string, Source>> => {
  const loaded = new Map<string, { facility: ReplayedFacility; replay: Replay; skipped: Map<string, number> }>();
  for (const facility of facilities) {
    const { plan } = facility;
    if (plan.orisCode === null)
      throw new Error(`the plan of ${plan.facility} has no orisCode; a replay finds its hours by it`);
    loaded.set(plan.facility, { facility, replay: replay(plan), skipped: new Map() });
  }
  for (const file of new Set(facilities.flatMap(({ files }) => files))) {
    const takers = [...loaded.values()].filter(({ facility }) => facility.files.includes(file));
    for await (const line of readEpaHours(file)) {
      if (line.kind === 'unreadable') {
        report({ event: 'unreadable', file: line.file, line: line.line, reason: line.reason });
        continue;
      }
      for (const { facility, replay, skipped } of takers) {
        const { units, plan } = facility;
        if (plan.orisCode !== line.orisCode || (units && !units.includes(`${line.orisCode}/${line.unit}`))) continue;
        const refused = replay.add(line);
        if (refused?.kind === 'repeated')
          report({ event: 'unreadable', file: line.file, line: line.line, reason: refused.reason });
        else if (refused) skipped.set(refused.reason, (skipped.get(refused.reason) ?? 0) + 1);
      }
    }
  }
  for (const [facility, { skipped }] of loaded)
    for (const [reason, hours] of skipped) report({ event: 'skipped', facility, hours, reason });
  return new Map([...loaded].map(([name, { facility, replay }]) => [name, replay.source(facility.speed, clock)]));
};
