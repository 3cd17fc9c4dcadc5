import type { Notice } from '../contracts/notice.ts';
import { clearedNotice, escalatedNotice, raisedNotice } from './alarm-notices.ts';
import { exceedanceMatters } from './exceedance-matters.ts';
import { faultMatters } from './fault-matters.ts';
import { limitMatters } from './limit-matters.ts';
import { type Matter, nameOf, openAlarmOf } from './matter.ts';
import type { OpenAlarm, PlantState } from './plant-state.ts';
import { silenceMatters } from './silence-matters.ts';

export interface RaisedAlarm extends Pick<Matter, 'source' | 'kind' | 'subject' | 'minute' | 'level' | 'text'> {
  /** Without the number, which the store gives. */
  readonly notice: Notice | undefined;
}

export interface AlarmDecisions {
  readonly facility: string;
  readonly raised: readonly RaisedAlarm[];
  readonly cleared: readonly { readonly id: number; readonly notice: Notice | undefined }[];
  readonly escalated: readonly { readonly id: number; readonly notice: Notice }[];
  /** A warning that stands lower than it was raised at: told again when it rises. */
  readonly lowered: readonly { readonly id: number; readonly level: number }[];
}

/**
 * What becomes of a facility's alarms at a moment. With the decisions carried out, the same state decides nothing more:
 * a matter has one open alarm, which stays until the matter is settled.
 * @param now milliseconds since 1970
 */
export const decideAlarms = (state: PlantState, now: number): AlarmDecisions => {
  const at = new Date(now).toISOString();
  const matters = new Map(
    [...exceedanceMatters(state), ...limitMatters(state), ...faultMatters(state), ...silenceMatters(state, now)].map(
      (matter) => [nameOf(matter), matter],
    ),
  );
  const isNew = (matter: Matter) => {
    const open = openAlarmOf(state, matter);
    return matter.stand === 'raise' && (open === undefined || open.level < matter.level);
  };
  const raised = [...matters.values()].filter(isNew);
  const risen = new Set(raised.map(nameOf));
  // The alarm of a warning that has risen goes in silence: the one in its place tells of it.
  const settled = state.open.filter((alarm) => !matters.has(nameOf(alarm)));
  const staying = state.open.filter((alarm) => matters.has(nameOf(alarm)) && !risen.has(nameOf(alarm)));
  return {
    facility: state.facility,
    raised: raised.map((matter) => ({
      ...pick(matter),
      notice: matter.toldElsewhere ? undefined : raisedNotice(state.facility, matter, at),
    })),
    cleared: [
      ...state.open.filter((alarm) => risen.has(nameOf(alarm))).map(({ id }) => ({ id, notice: undefined })),
      ...settled.map((alarm) => ({ id: alarm.id, notice: clearedNotice(state, alarm, at) })),
    ],
    escalated: staying
      .filter((alarm) => isUnanswered(state, alarm, now))
      .map((alarm) => ({ id: alarm.id, notice: escalatedNotice(state, alarm, now) })),
    lowered: staying.flatMap(({ id, level, ...alarm }) => {
      const wanted = matters.get(nameOf(alarm))!.level;
      return wanted < level ? [{ id, level: wanted }] : [];
    }),
  };
};

const pick = ({ source, kind, subject, minute, level, text }: Matter) => ({
  source,
  kind,
  subject,
  minute,
  level,
  text,
});

const isUnanswered = ({ settings }: PlantState, alarm: OpenAlarm, now: number): boolean =>
  settings.escalateAfterMinutes !== null &&
  !alarm.acknowledged &&
  !alarm.escalated &&
  now - alarm.raisedAt >= settings.escalateAfterMinutes * 60_000;
