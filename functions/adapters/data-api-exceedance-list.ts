import type { ActionCode, ReasonCode } from '#core/compliance/exceedance-codes';
import type { Exceedance } from '#core/contracts/exceedance';
import type { Database, Execute } from './data-api.ts';
import { jsonPage, type Page } from './json-page.ts';
import { hourText, instantText } from './time-text.ts';
import { isVisible, type Visible, visible } from './visible.ts';

/** Exceedances as people see and answer them, in Aurora by way of the Data API. */
export const dataApiExceedanceList = ({ execute }: Pick<Database, 'execute'>) => ({
  /** Before that number, the newest first. */
  list: (facilities: Visible, before: number, limit: number): Promise<Page<Exceedance>> =>
    jsonPage(
      execute,
      `${EXCEEDANCE_DOCUMENTS} where ${isVisible('e.facility')} and e.exceedance_id < :before order by e.exceedance_id desc`,
      { ...visible(facilities), before },
      limit,
    ),

  find: (id: number): Promise<Exceedance | undefined> => findExceedance(execute, id),
});

/** Undefined when there is none of that number. */
export const findExceedance = async (execute: Execute, id: number): Promise<Exceedance | undefined> => {
  const [row] = await execute(
    `select cast(document as text) from (${EXCEEDANCE_DOCUMENTS} where e.exceedance_id = :id) as found`,
    {
      id,
    },
  );
  return row && (JSON.parse(row[0] as string) as Exceedance);
};

/** As `findExceedance`, and nobody else changes it until the transaction ends. */
export const lockExceedance = async (execute: Execute, id: number): Promise<Exceedance | undefined> => {
  await execute('select 1 from exceedance where exceedance_id = :id for update', { id });
  return findExceedance(execute, id);
};

/** Its alarm tells of the same matter: whoever has seen one has seen both. */
export const acknowledgeExceedance = async (execute: Execute, id: number, who: string): Promise<void> => {
  await execute(
    `with seen as (
      update exceedance set acknowledged_at = now(), acknowledged_by = :who
      where exceedance_id = :id and acknowledged_at is null returning exceedance_id)
    update alarm set acknowledged_at = now(), acknowledged_by = :who
    where exceedance_id in (select exceedance_id from seen) and acknowledged_at is null`,
    { id, who },
  );
};

export interface Cause {
  readonly reason: ReasonCode;
  readonly action: ActionCode;
  readonly note: string | null;
}

export const explainExceedance = async (
  execute: Execute,
  id: number,
  { reason, action, note }: Cause,
): Promise<void> => {
  await execute('update exceedance set reason = :reason, action = :action, note = :note where exceedance_id = :id', {
    id,
    reason,
    action,
    note,
  });
};

/** Each exceedance `e` of source `s` as a document; conditions may follow. */
export const EXCEEDANCE_DOCUMENTS = `
select json_build_object('id', e.exceedance_id, 'facility', e.facility, 'source', s.source, 'rule', e.rule,
  'parameter', e.parameter, 'unit', e.unit, 'citation', e.citation, 'state', e.state,
  'firstWindowEnd', ${hourText('e.first_window_end')}, 'lastWindowEnd', ${hourText('e.last_window_end')},
  'windows', e.windows, 'worstAverage', e.worst_average, 'limit', e.limit_value,
  'foundAt', ${instantText('e.found_at')}, 'retractedAt', ${instantText('e.retracted_at')},
  'mergedInto', e.merged_into,
  'acknowledgedAt', ${instantText('e.acknowledged_at')}, 'acknowledgedBy', e.acknowledged_by,
  'reason', e.reason, 'action', e.action, 'note', e.note) as document
from exceedance e join source s using (source_id)`;
