import { correctedNotice, raisedNotice, retractedNotice } from '#core/alarms/exceedance-notice';
import { exceedanceRuns, isToldTooMuch, reconcileRuns, type Stretch } from '#core/compliance/exceedance-runs';
import type { UnlimitedHours } from '#core/compliance/limits';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { CheckedRange, LockedCompliance, RunChanges, RunsAround } from '#core/ports';
import { hourOfText } from '#core/time';

/** A checked range by the names that people know. */
export interface NamedRange extends CheckedRange {
  readonly facility: string;
  readonly source: string;
  readonly utcOffsetMinutes: number;
  /** Its operating hours, in order. */
  readonly operatingHours: readonly number[];
  readonly unlimited: readonly UnlimitedHours[];
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
  const inForce = new Set(records.map(({ windowEnd }) => hourOfText(windowEnd)));
  const gaps = range.unlimited.filter((gap) => gap.rule === rule);
  // A limit that the plan does not name at all is never in force.
  const isOut = (hour: number) => gaps.length === 0 || gaps.some(({ from, to }) => hour >= from && hour <= to);
  const unlimited = range.operatingHours.filter((hour) => !inForce.has(hour) && isOut(hour));
  const runs = exceedanceRuns({ records, unlimited, before, after });
  const { created, changed, retracted } = reconcileRuns(stored, runs, range);
  return {
    facility,
    sourceId,
    rule,
    changed: changed.map((run) => {
      const { told, ...now } = run;
      if (!told || !isToldTooMuch(run)) return { run, notice: undefined, correction: '' };
      return {
        run: { ...now, told: now },
        notice: correctedNotice(place, told, now),
        correction: `from ${keyOf(told)} to ${keyOf(now)}`,
      };
    }),
    created: created.map((run) => ({ run, notice: raisedNotice(place, run) })),
    // A run that has become part of another was no error, and that it goes on was told before.
    retracted: retracted.map(({ run, into }) => ({
      run,
      into,
      notice: into === null && run.told ? retractedNotice(place, run.told, records) : undefined,
    })),
  };
};

const keyOf = ({ first, last, windows }: Stretch): string => `${first}-${last} ${windows}`;

const isChange = ({ created, changed, retracted }: RunChanges): boolean =>
  created.length + changed.length + retracted.length > 0;
