import type { Notice } from '../contracts/notice.ts';
import { clearedNotice, escalatedNotice, raisedNotice, runOf } from './alarm-notices.ts';
import { exceedanceMatters } from './exceedance-matters.ts';
import { faultMatters } from './fault-matters.ts';
import { limitMatters } from './limit-matters.ts';
import { type Matter, nameOf, openAlarmOf } from './matter.ts';
import type { OpenAlarm, PlantState, RunStanding } from './plant-state.ts';
import { silenceMatters } from './silence-matters.ts';

export interface RaisedAlarm extends Pick<Matter, 'source' | 'kind' | 'subject' | 'run' | 'minute' | 'level' | 'text'> {
  /** Without the number, which the store gives. */
  readonly notice: Notice | undefined;
}

export interface AlarmDecisions {
  readonly facility: string;
  readonly raised: readonly RaisedAlarm[];
  /** `tells`: the run as the notice tells it, for a correction. */
  readonly cleared: readonly {
    readonly id: number;
    readonly notice: Notice | undefined;
    readonly tells: RunStanding | undefined;
  }[];
  readonly escalated: readonly {
    readonly id: number;
    readonly notice: Notice;
    readonly tells: RunStanding | undefined;
  }[];
  /**
   * Open alarms whose figures are others now; nobody is told. A warning may stand lower than it was raised at, and is
   * told again when it rises.
   */
  readonly renewed: readonly { readonly id: number; readonly level: number; readonly text: string }[];
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
  const staying = state.open.flatMap((alarm) => {
    const matter = matters.get(nameOf(alarm));
    return matter && !risen.has(nameOf(alarm))
      ? [{ alarm, present: { ...alarm, level: matter.level, text: matter.text } }]
      : [];
  });
  return {
    facility: state.facility,
    raised: raised.map((matter) => ({
      ...pick(matter),
      notice: matter.toldElsewhere ? undefined : raisedNotice(state.facility, matter, at),
    })),
    cleared: [
      ...state.open
        .filter((alarm) => risen.has(nameOf(alarm)))
        .map(({ id }) => ({ id, notice: undefined, tells: undefined })),
      ...settled.map((alarm) => {
        const notice = clearedNotice(state, alarm, at);
        return { id: alarm.id, notice, tells: notice && runOf(state, alarm) };
      }),
    ],
    escalated: staying
      .filter(({ alarm }) => isUnanswered(state, alarm, now))
      .map(({ present }) => ({
        id: present.id,
        notice: escalatedNotice(state, present, now),
        tells: runOf(state, present),
      })),
    renewed: staying.flatMap(({ alarm, present: { id, level, text } }) =>
      level === alarm.level && text === alarm.text ? [] : [{ id, level, text }],
    ),
  };
};

const pick = ({ source, kind, subject, run, minute, level, text }: Matter) => ({
  source,
  kind,
  subject,
  run,
  minute,
  level,
  text,
});

const isUnanswered = ({ settings }: PlantState, alarm: OpenAlarm, now: number): boolean =>
  settings.escalateAfterMinutes !== null &&
  !alarm.acknowledged &&
  !alarm.escalated &&
  now - alarm.raisedAt >= settings.escalateAfterMinutes * 60_000;
