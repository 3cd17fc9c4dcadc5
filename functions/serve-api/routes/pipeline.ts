import * as z from 'zod';
import type { SystemAlarm } from '#adapters/cloudwatch-alarms';
import type { dataApiPipeline, StoredContinuity } from '#adapters/data-api-pipeline';
import { GROUPS } from '#core/contracts/api/access';
import type { facilityContinuity } from '#core/contracts/api/pipeline';
import { facilityName } from '#core/contracts/api/words';
import { CLASS_OF_REASON, REASON_TEXT } from '#core/contracts/continuity-report';
import type { PlanStore } from '#core/ports';
import { textOfMinute } from '#core/time';
import type { Routes } from '../asked.ts';
import { cursorOf, instantPlace } from '../cursor.ts';
import { visibleTo } from '../visible-facilities.ts';

export interface PipelineParts {
  readonly plans: PlanStore;
  readonly pipeline: ReturnType<typeof dataApiPipeline>;
  readonly systemAlarms: () => Promise<readonly SystemAlarm[]>;
  /** Told when the alarms cannot be read. */
  readonly alarmsUnknown: (error: Error) => void;
  readonly now: () => number;
}

/** Of a message in quarantine. Its ids are checksums; anything that is printed passes through the database. */
const recordId = z.string().regex(/^[\x20-\x7e]+$/);
const facilityPlace = cursorOf('continuity', facilityName);
const quarantinePlace = cursorOf('quarantine', z.tuple([instantPlace, recordId]));

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
      // How the system stands is for everybody; figures of all plants together, which reasons quote, for who acts on them.
      const mayAct = GROUPS.indexOf(caller.group) >= GROUPS.indexOf('operator');
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
        alarms: (alarms ?? []).map((alarm) => (mayAct ? alarm : { ...alarm, reason: '' })),
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
