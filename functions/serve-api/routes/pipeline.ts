import * as z from 'zod';
import type { SystemAlarm } from '#adapters/cloudwatch-alarms';
import type { dataApiPipeline, StoredContinuity } from '#adapters/data-api-pipeline';
import type { facilityContinuity } from '#core/contracts/api/pipeline';
import { CLASS_OF_REASON, REASON_TEXT } from '#core/contracts/continuity-report';
import type { PlanStore } from '#core/ports';
import { textOfMinute } from '#core/time';
import type { Routes } from '../asked.ts';
import { cursorOf } from '../cursor.ts';
import { visibleTo } from '../visible-facilities.ts';

export interface PipelineParts {
  readonly plans: PlanStore;
  readonly pipeline: ReturnType<typeof dataApiPipeline>;
  readonly systemAlarms: () => Promise<readonly SystemAlarm[]>;
  /** Told when the alarms cannot be read. */
  readonly alarmsUnknown: (error: Error) => void;
  readonly now: () => number;
}

const facilityPlace = cursorOf('continuity', z.string());
const quarantinePlace = cursorOf('quarantine', z.tuple([z.iso.datetime({ offset: true }), z.string().max(200)]));

export const pipelineRoutes = ({ plans, pipeline, systemAlarms, alarmsUnknown, now }: PipelineParts) =>
  ({
    pipeline: async ({ caller }) => {
      const [progress, alarms] = await Promise.all([
        pipeline.progress(await visibleTo(plans, caller)),
        // Without CloudWatch the rest is still worth knowing.
        systemAlarms().catch((error: Error) => {
          alarmsUnknown(error);
          return undefined;
        }),
      ]);
      const { oldestHeard, checkedUntil } = progress;
      return {
        hoursWaiting: progress.hoursWaiting,
        oldestHeardMinutes: oldestHeard === null ? null : Math.max(0, Math.floor((now() - oldestHeard) / 60_000)),
        quarantineOpen: progress.quarantineOpen,
        lastQuarantined: progress.lastQuarantined,
        checkedUntil: checkedUntil === null ? null : textOfMinute(checkedUntil),
        openGaps: progress.openGaps,
        notices: {
          waiting: progress.noticesWaiting,
          lastPublished: progress.lastPublished,
          lastSelfTest: progress.lastSelfTest,
        },
        alarmsKnown: alarms !== undefined,
        alarms: [...(alarms ?? [])],
      };
    },

    quarantine: async ({ caller, query }) => {
      const after = quarantinePlace.read(query.cursor);
      const facilities = await visibleTo(plans, caller, query.facility);
      const { items, more } = await pipeline.quarantine({ facilities, state: query.state, after }, query.limit);
      const last = items.at(-1);
      return {
        records: items.map(({ place: _, ...record }) => record),
        next: more && last ? quarantinePlace.write([last.place, last.id]) : null,
      };
    },

    continuity: async ({ caller, query }) => {
      const after = facilityPlace.read(query.cursor) ?? '';
      const facilities = await visibleTo(plans, caller, query.facility);
      const { items, more } = await pipeline.continuity(facilities, after, query.limit);
      const last = items.at(-1);
      return {
        facilities: items.map(continuityOf),
        next: more && last ? facilityPlace.write(last.facility) : null,
      };
    },
  }) satisfies Pick<Routes, 'pipeline' | 'quarantine' | 'continuity'>;

const continuityOf = (stored: StoredContinuity): z.output<typeof facilityContinuity> => {
  const { facility, completeSince, checkedUntil, gaps, openGaps } = stored;
  return {
    facility,
    completeSince: completeSince === null ? null : textOfMinute(completeSince),
    checkedUntil: checkedUntil === null ? null : textOfMinute(checkedUntil),
    gaps: gaps.map(({ source, from, until, reason }) => ({
      source,
      from: textOfMinute(from),
      until: textOfMinute(until),
      class: CLASS_OF_REASON[reason],
      reason,
      text: REASON_TEXT[reason],
    })),
    gapsLeftOut: openGaps - gaps.length,
  };
};
