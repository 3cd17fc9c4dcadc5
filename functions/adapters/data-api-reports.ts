import type { ReportEntry } from '#core/contracts/report';
import type { ReportOrder } from '#core/contracts/report-steps';
import type { ReportName } from '#core/report/names';
import { type Database, type Row, texts } from './data-api.ts';
import { instantText } from './time-text.ts';

/** Reports of the newest quarter first; of one quarter by facility, the newest revision first. */
export interface ReportFilter {
  readonly facilities: readonly string[] | 'all';
  /** Only those behind this one, which the page before ended with. */
  readonly after?: ReportName | undefined;
  readonly limit: number;
}

export interface RunningReport extends ReportEntry {
  /** ARN. */
  readonly execution: string;
}

export type ReportStore = ReturnType<typeof dataApiReports>;

/** Which quarterly reports there are, in Aurora by way of the Data API. The files lie in the archive. */
export const dataApiReports = ({ execute }: Pick<Database, 'execute'>) => ({
  list: async ({ facilities, after, limit }: ReportFilter): Promise<readonly ReportEntry[]> => {
    const rows = await execute(LIST, {
      all: facilities === 'all',
      facilities: texts(facilities === 'all' ? [] : facilities),
      year: after?.year ?? 0,
      quarter: after?.quarter ?? 0,
      facility: after?.facility ?? null,
      revision: after?.revision ?? 0,
      limit,
    });
    return rows.map(reportEntry);
  },

  /** Undefined when there is no such report. */
  find: async ({ facility, year, quarter, revision }: ReportName): Promise<ReportEntry | undefined> => {
    const [row] = await execute(
      `select ${COLUMNS} from report
      where facility = :facility and year = :year and quarter = :quarter and revision = :revision`,
      { facility, year, quarter, revision },
    );
    return row && reportEntry(row);
  },

  /** The newest revision of each quarter's report of a facility, whatever became of it. */
  newest: async (facility: string, year: number, quarter: number): Promise<ReportEntry | undefined> => {
    const [row] = await execute(
      `select ${COLUMNS} from report where facility = :facility and year = :year and quarter = :quarter
      order by revision desc limit 1`,
      { facility, year, quarter },
    );
    return row && reportEntry(row);
  },

  /** Puts a report on record as being made. Again for the same execution changes nothing. */
  start: async (order: ReportOrder, execution: string, startedAt: string): Promise<void> => {
    await execute(START, { ...order, execution, startedAt });
  },

  /** Earlier revisions that are still on record as being made: their executions were stopped, or lost their way. */
  giveUpEarlier: async ({ facility, year, quarter, revision }: ReportName): Promise<void> => {
    await execute(
      `update report set state = 'failed', failure = 'its execution ended without a result'
      where facility = :facility and year = :year and quarter = :quarter and revision < :revision and state = 'running'`,
      { facility, year, quarter, revision },
    );
  },

  /** Executions of the reports that were started before an instant (ISO 8601), and are on record as being made still. */
  runningSince: async (before: string): Promise<readonly RunningReport[]> => {
    const rows = await execute(
      `select ${COLUMNS}, execution_arn from report
      where state = 'running' and started_at < cast(:before as timestamptz) order by started_at`,
      { before },
    );
    return rows.map((row) => ({ ...reportEntry(row), execution: row.at(-1) as string }));
  },

  /** The files lie in the archive, until `retainedUntil` whatever happens. Again changes nothing. */
  markArchived: async (
    execution: string,
    { sha256, retainedUntil }: { readonly sha256: string; readonly retainedUntil: string },
  ): Promise<void> => {
    await execute(
      `update report set state = 'archived', archived_at = now(), sha256 = :sha256,
        retained_until = cast(:retainedUntil as timestamptz), failure = null
      where execution_arn = :execution and state <> 'archived'`,
      { execution, sha256, retainedUntil },
    );
  },

  /** A report that is archived stays so. */
  markFailed: async (execution: string, failure: string): Promise<void> => {
    await execute(
      "update report set state = 'failed', failure = :failure where execution_arn = :execution and state = 'running'",
      { execution, failure },
    );
  },
});

const COLUMNS = `facility, year, quarter, revision, state, ${instantText('started_at')}, started_by, ${instantText('archived_at')},
  sha256, ${instantText('retained_until')}, failure`;

const LIST = `
select ${COLUMNS} from report
where (:all or facility = any(cast(:facilities as text[])))
  and (cast(:facility as text) is null
    or (-year, -quarter, facility, -revision) > (-:year, -:quarter, :facility, -:revision))
order by year desc, quarter desc, facility, revision desc limit :limit`;

const START = `
insert into report (facility, year, quarter, revision, execution_arn, state, started_at, started_by)
values (:facility, :year, :quarter, :revision, :execution, 'running', cast(:startedAt as timestamptz), :startedBy)
on conflict (execution_arn) do nothing`;

const reportEntry = (row: Row): ReportEntry => {
  const [facility, year, quarter, revision, state, startedAt, startedBy, archivedAt, sha256, retainedUntil, failure] =
    row;
  return {
    facility: facility as string,
    year: year as number,
    quarter: quarter as number,
    revision: revision as number,
    state: state as ReportEntry['state'],
    startedAt: startedAt as string,
    startedBy: startedBy as string,
    archivedAt: archivedAt as string | null,
    sha256: sha256 as string | null,
    retainedUntil: retainedUntil as string | null,
    failure: failure as string | null,
  };
};
