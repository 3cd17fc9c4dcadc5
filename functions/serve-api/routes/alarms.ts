import { inAuditedTransaction } from '#adapters/audited';
import type { Database } from '#adapters/data-api';
import {
  acknowledgeAlarm,
  type dataApiAlarmList,
  lockAlarm,
  lockSettings,
  writeSettings,
} from '#adapters/data-api-alarm-list';
import type { Alarm, AlarmSettings } from '#core/contracts/alarm';
import type { Me } from '#core/contracts/api/access';
import type { PlanStore } from '#core/ports';
import { ApiProblem } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { cursorOf, FIRST_NUMBER, numberPlace } from '../cursor.ts';
import { covers, facilityFor, visibleTo } from '../visible-facilities.ts';

export interface AlarmParts {
  readonly plans: PlanStore;
  readonly database: Database;
  readonly alarms: ReturnType<typeof dataApiAlarmList>;
}

const place = cursorOf('alarms', numberPlace);

export const alarmRoutes = ({ plans, database, alarms }: AlarmParts) =>
  ({
    alarms: async ({ caller, query }) => {
      const before = place.read(query.cursor) ?? FIRST_NUMBER;
      const facilities = await visibleTo(plans, caller, query.facility);
      const { items, more } = await alarms.list({ facilities, state: query.state, before }, query.limit);
      const last = items.at(-1);
      return { alarms: [...items], next: more && last ? place.write(last.id) : null };
    },

    alarm: async ({ caller, params: { id } }) => seenBy(caller, id, await alarms.find(id)),

    acknowledgeAlarm: async ({ caller, params: { id }, body: { why } }) => {
      const found = seenBy(caller, id, await alarms.find(id));
      const subject = `${found.facility} alarm ${id}`;
      const deed = { who: caller.who, action: 'alarm acknowledge', subject, why };
      const acknowledged = await inAuditedTransaction(database, deed, async (execute) => {
        const before = seenBy(caller, id, await lockAlarm(execute, id));
        // Whoever was first has seen it.
        if (before.acknowledgedAt !== null) return undefined;
        const result = await acknowledgeAlarm(execute, id, caller.who);
        return { result, before: { acknowledgedBy: null }, after: { acknowledgedBy: caller.who } };
      });
      return acknowledged ?? seenBy(caller, id, await alarms.find(id));
    },

    alarmSettings: async ({ caller, params: { facility } }) => {
      await facilityFor(plans, caller, facility);
      return alarms.settings(facility);
    },

    changeAlarmSettings: async ({ caller, params: { facility }, body: { settings, why } }) => {
      await facilityFor(plans, caller, facility);
      const deed = { who: caller.who, action: 'alarm-settings change', subject: facility, why };
      await inAuditedTransaction(database, deed, async (execute) => {
        const before = inAudit(await lockSettings(execute, facility));
        const after = inAudit(settings);
        if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
        await writeSettings(execute, facility, settings);
        return { result: undefined, before, after };
      });
      return settings;
    },
  }) satisfies Pick<Routes, 'alarms' | 'alarm' | 'acknowledgeAlarm' | 'alarmSettings' | 'changeAlarmSettings'>;

/** Numbers of the audit trail are whole: a share is written as text. */
const inAudit = (settings: AlarmSettings) => ({
  warningShares: settings.warningShares.map(String),
  headroomHours: settings.headroomHours,
  analyserFaultMinutes: settings.analyserFaultMinutes,
  dataStoppedMinutes: settings.dataStoppedMinutes,
  escalateAfterMinutes: settings.escalateAfterMinutes,
});

const seenBy = (caller: Me, id: number, alarm: Alarm | undefined): Alarm => {
  if (!alarm || !covers(caller, alarm.facility))
    throw new ApiProblem(404, `there is no alarm ${id} of a facility that you may see`);
  return alarm;
};
