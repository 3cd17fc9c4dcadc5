import { raisedNotice, retractedNotice } from '#core/alarms/exceedance-notice';
import { exceedanceRuns, reconcileRuns } from '#core/compliance/exceedance-runs';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { CheckedRange, LockedCompliance, RunChanges, RunsAround } from '#core/ports';

/** A checked range by the names that people know. */
export interface NamedRange extends CheckedRange {
  readonly facility: string;
  readonly source: string;
  readonly utcOffsetMinutes: number;
}

/** Brings the runs of windows over a limit in line with the records of these ranges, and writes what people are told. */
export const keepRuns = async (
  { runsAround, keepRuns: keep }: Pick<LockedCompliance, 'runsAround' | 'keepRuns'>,
  ranges: readonly NamedRange[],
): Promise<{ readonly found: number; readonly retracted: number }> => {
  const around = await runsAround(ranges.map((range) => ({ ...range, rules: rulesExceeded(range.records) })));
  const bySource = new Map(ranges.map((range) => [range.sourceId, range]));
  const changes = around.map((one) => changesOf(bySource.get(one.sourceId)!, one)).filter(isChange);
  if (changes.length > 0) await keep(changes);
  return {
    found: changes.reduce((sum, { created }) => sum + created.length, 0),
    retracted: changes.reduce((sum, { retracted }) => sum + retracted.length, 0),
  };
};

export const isOver = ({ state }: ComplianceRecord): boolean => state === 'exceedance';

const rulesExceeded = (records: readonly ComplianceRecord[]): string[] => [
  ...new Set(records.filter(isOver).map(({ rule }) => rule)),
];

const changesOf = (range: NamedRange, { rule, sourceId, stored, before, after }: RunsAround): RunChanges => {
  const { facility } = range;
  const place = { facility, source: range.source, rule, utcOffsetMinutes: range.utcOffsetMinutes };
  const records = range.records.filter((record) => record.rule === rule);
  const { created, changed, retracted } = reconcileRuns(stored, exceedanceRuns({ records, before, after }), range);
  return {
    facility,
    sourceId,
    rule,
    changed,
    created: created.map((run) => ({ run, notice: raisedNotice(place, run) })),
    // A run that has become part of another was no error, and that it goes on was told before.
    retracted: retracted.map(({ run, into }) => ({
      run,
      into,
      notice: into === null ? retractedNotice(place, run, records) : undefined,
    })),
  };
};

const isChange = ({ created, changed, retracted }: RunChanges): boolean =>
  created.length + changed.length + retracted.length > 0;
