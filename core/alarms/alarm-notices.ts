import { ALARM_KINDS, type AlarmKind } from '../alarms/alarm-kinds.ts';
import type { Notice } from '../contracts/notice.ts';
import { story } from './exceedance-notice.ts';
import { counted, figureAgainst, plantTime } from './figures.ts';
import type { Matter } from './matter.ts';
import type { OpenAlarm, PlantState, RunStanding } from './plant-state.ts';

type Named = Pick<Matter, 'source' | 'kind' | 'subject'>;

/** What an alarm is about, in a few words. */
const titleOf = ({ kind, subject }: Named): string =>
  subject === '' ? ALARM_KINDS[kind] : `${subject}, ${ALARM_KINDS[kind]}`;

const notice = (
  facility: string,
  named: Named,
  at: string,
  { kind, alarmId, title, text }: Pick<Notice, 'kind' | 'alarmId' | 'text'> & { readonly title: string },
): Notice => ({
  v: 1,
  kind,
  facility,
  source: named.source,
  alarm: named.kind,
  alarmId,
  exceedanceId: null,
  at,
  subject: `${facility}${named.source === null ? '' : ` ${named.source}`}: ${title}`.slice(0, 100),
  text,
});

export const raisedNotice = (facility: string, matter: Matter, at: string): Notice =>
  notice(facility, matter, at, { kind: 'raised', alarmId: null, title: titleOf(matter), text: matter.text });

/**
 * Undefined where there is nothing to say: an exceedance that was taken back has its own correction, and one that has
 * become part of another goes on.
 */
export const clearedNotice = (state: PlantState, alarm: OpenAlarm, at: string): Notice | undefined => {
  const text = CLEARED[alarm.kind](state, alarm);
  if (text === undefined) return undefined;
  return notice(state.facility, alarm, at, {
    kind: 'cleared',
    alarmId: alarm.id,
    title: `over: ${titleOf(alarm)}`,
    text,
  });
};

export const escalatedNotice = (state: PlantState, alarm: OpenAlarm, now: number): Notice =>
  notice(state.facility, alarm, new Date(now).toISOString(), {
    kind: 'escalated',
    alarmId: alarm.id,
    title: `unanswered: ${titleOf(alarm)}`,
    text:
      `Nobody has acknowledged this alarm in ${counted(Math.floor((now - alarm.raisedAt) / 60_000), 'minute')}. ` +
      `It is still open. ${alarm.text}`,
  });

/** The run of an alarm as it is now; undefined where that was taken back. */
export const runOf = ({ runs }: PlantState, { run, mergedInto }: OpenAlarm): RunStanding | undefined =>
  runs.find(({ id }) => id === (mergedInto ?? run));

const standingOf = ({ limits }: PlantState, { source, subject }: OpenAlarm) =>
  limits.find((one) => one.source === source && one.rule === subject);

const CLEARED: Readonly<Record<AlarmKind, (state: PlantState, alarm: OpenAlarm) => string | undefined>> = {
  exceedance: (state, alarm) => {
    const run = runOf(state, alarm);
    if (run?.state !== 'ended') return undefined;
    return `Source ${alarm.source} no longer exceeds its limit ${alarm.subject}. What it was: ${story(state, run)}`;
  },
  'limit-warning': (state, alarm) => {
    const standing = standingOf(state, alarm);
    const now = standing?.average
      ? `its average is ${figureAgainst(standing.average, standing.limit)} ${standing.unit} where ${standing.limit} is allowed`
      : 'its newest hour has no window of it';
    return `The warning of limit ${alarm.subject} of source ${alarm.source} no longer holds: ${now}.`;
  },
  headroom: (state, alarm) => {
    const hours = standingOf(state, alarm)?.hoursToLimit ?? null;
    return hours === null
      ? `At present emissions source ${alarm.source} keeps its limit ${alarm.subject}.`
      : `At present emissions source ${alarm.source} keeps its limit ${alarm.subject} for more than ${counted(hours - 1, 'operating hour')}.`;
  },
  'analyser-fault': (state, { source, subject }) =>
    state.sourceOutages.some((outage) => outage === null || outage === source)
      ? `An outage of source ${source} is declared: its analyser ${subject} is not watched.`
      : `Analyser ${subject} of source ${source} gives valid readings again, or its unit does not operate.`,
  'data-stopped': (state) =>
    state.facilityOutage
      ? `An outage of facility ${state.facility} is declared: nothing is expected from it.`
      : `Data come from facility ${state.facility} again, up to ` +
        `${plantTime(state.newestMinute ?? 0, state.utcOffsetMinutes)}.`,
};
