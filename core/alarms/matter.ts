import type { AlarmKind } from '../alarms/alarm-kinds.ts';
import type { OpenAlarm, PlantState } from './plant-state.ts';

/** Something that there is to be said of a plant at this moment. */
export interface Matter {
  readonly source: string | null;
  readonly kind: AlarmKind;
  readonly subject: string;
  /** Of an exceedance, its run: each has an alarm of its own. */
  readonly run: number | null;
  readonly minute: number;
  /** The higher, the more urgent; one that rises is told again. */
  readonly level: number;
  readonly text: string;
  /** `raise`: there is to be an alarm. `hold`: an open one stays, and none is raised. */
  readonly stand: 'raise' | 'hold';
  /** Somebody else tells people: the alarm is raised without a notice. */
  readonly toldElsewhere?: boolean;
}

export type MatterName = Pick<Matter, 'source' | 'kind' | 'subject' | 'run'>;

export const nameOf = ({ source, kind, subject, run }: MatterName): string =>
  `${kind} ${source ?? ''} ${subject} ${run ?? ''}`;

/** The open alarm of a matter. */
export const openAlarmOf = ({ open }: Pick<PlantState, 'open'>, matter: MatterName): OpenAlarm | undefined =>
  open.find((alarm) => nameOf(alarm) === nameOf(matter));

/** What keeps an open alarm as it is. */
export const holding = ({ source, kind, subject, run, minute, level, text }: OpenAlarm): Matter => ({
  source,
  kind,
  subject,
  run,
  minute,
  level,
  text,
  stand: 'hold',
});
