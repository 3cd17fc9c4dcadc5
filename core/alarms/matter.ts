import type { AlarmKind } from '../contracts/alarm.ts';
import type { OpenAlarm, PlantState } from './plant-state.ts';

/** Something that there is to be said of a plant at this moment. */
export interface Matter {
  readonly source: string | null;
  readonly kind: AlarmKind;
  readonly subject: string;
  readonly minute: number;
  /** The higher, the more urgent; one that rises is told again. */
  readonly level: number;
  readonly text: string;
  /** `raise`: there is to be an alarm. `hold`: an open one stays, and none is raised. */
  readonly stand: 'raise' | 'hold';
  /** Somebody else tells people: the alarm is raised without a notice. */
  readonly toldElsewhere?: boolean;
}

export const nameOf = ({ source, kind, subject }: Pick<Matter, 'source' | 'kind' | 'subject'>): string =>
  `${kind} ${source ?? ''} ${subject}`;

/** The open alarm of a matter. */
export const openAlarmOf = (
  { open }: Pick<PlantState, 'open'>,
  matter: Pick<Matter, 'source' | 'kind' | 'subject'>,
): OpenAlarm | undefined => open.find((alarm) => nameOf(alarm) === nameOf(matter));

/** What keeps an open alarm as it is. */
export const holding = ({ source, kind, subject, minute, level, text }: OpenAlarm): Matter => ({
  source,
  kind,
  subject,
  minute,
  level,
  text,
  stand: 'hold',
});
