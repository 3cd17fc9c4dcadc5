import { type Alarm, type AlarmSettings, alarmSettings } from '#core/contracts/alarm';
import type { Database, Execute } from './data-api.ts';
import { jsonPage, type Page } from './json-page.ts';
import { instantText, minuteText } from './time-text.ts';
import { isVisible, type Visible, visible } from './visible.ts';

export interface AlarmFilter {
  readonly facilities: Visible;
  readonly state: 'open' | 'all';
  /** Only those before this number. */
  readonly before: number;
}

/** Plant alarms as people see and answer them, in Aurora by way of the Data API. */
export const dataApiAlarmList = ({ execute }: Pick<Database, 'execute'>) => ({
  /** The newest first. */
  list: ({ facilities, state, before }: AlarmFilter, limit: number): Promise<Page<Alarm>> =>
    jsonPage(
      execute,
      `${SELECT} where ${isVisible('facility')} and alarm_id < :before and (:closed or cleared_at is null)
      order by alarm_id desc`,
      { ...visible(facilities), before, closed: state === 'all' },
      limit,
    ),

  find: (id: number): Promise<Alarm | undefined> => findAlarm(execute, id),

  settings: (facility: string): Promise<AlarmSettings> => settingsOf(execute, facility),
});

const findAlarm = async (execute: Execute, id: number): Promise<Alarm | undefined> => {
  const [row] = await execute(`select cast(document as text) from (${SELECT} where alarm_id = :id) as found`, { id });
  return row && (JSON.parse(row[0] as string) as Alarm);
};

/** The alarm, which nobody else changes until the transaction ends; undefined when there is none of that number. */
export const lockAlarm = async (execute: Execute, id: number): Promise<Alarm | undefined> => {
  await execute('select 1 from alarm where alarm_id = :id for update', { id });
  return findAlarm(execute, id);
};

export const acknowledgeAlarm = async (execute: Execute, id: number, who: string): Promise<Alarm> => {
  await execute(
    'update alarm set acknowledged_at = now(), acknowledged_by = :who where alarm_id = :id and acknowledged_at is null',
    { id, who },
  );
  return (await findAlarm(execute, id))!;
};

/** When a facility's people are told; without a setting of their own as everybody's. */
const settingsOf = async (execute: Execute, facility: string): Promise<AlarmSettings> => {
  const [row] = await execute('select cast(settings as text) from alarm_setting where facility = :facility', {
    facility,
  });
  return row ? (JSON.parse(row[0] as string) as AlarmSettings) : alarmSettings.parse({});
};

/** As `settingsOf`, and nobody else changes them until the transaction ends. */
export const lockSettings = async (execute: Execute, facility: string): Promise<AlarmSettings> => {
  await execute("select cast(pg_advisory_xact_lock(hashtextextended('alarm settings ' || :facility, 0)) as text)", {
    facility,
  });
  return settingsOf(execute, facility);
};

export const writeSettings = async (execute: Execute, facility: string, settings: AlarmSettings): Promise<void> => {
  await execute(
    `insert into alarm_setting (facility, settings) values (:facility, cast(:settings as jsonb))
    on conflict (facility) do update set settings = excluded.settings, changed_at = now()`,
    { facility, settings: JSON.stringify(settings) },
  );
};

const SELECT = `
select json_build_object('id', alarm_id, 'facility', facility, 'source', source, 'kind', kind, 'subject', subject,
  'text', text, 'minute', ${minuteText('minute')}, 'raisedAt', ${instantText('raised_at')},
  'clearedAt', ${instantText('cleared_at')}, 'acknowledgedAt', ${instantText('acknowledged_at')},
  'acknowledgedBy', acknowledged_by, 'escalatedAt', ${instantText('escalated_at')}) as document
from alarm`;
