import { type DeclaredOutage, expectedMinutes, type ReportingSource } from './expected.ts';
import { intersect, type Range, subtract, unite } from './ranges.ts';

/** What the store lacks of one source. */
export interface Hole extends Range {
  readonly source: string;
  /** `absent`: no minute with a reading is stored. `blank`: inside of such a hole, minutes are stored, without any reading. */
  readonly kind: 'absent' | 'blank';
}

/** What one source lacks of the minutes expected of it. */
export interface SourceFindings {
  readonly source: string;
  readonly expected: readonly Range[];
  /** Not stored. */
  readonly missing: readonly Range[];
  /** Stored, but no analyser gave a reading although the unit was fired. */
  readonly withoutReading: readonly Range[];
  /**
   * Not stored either, and counted as missing, though not lost: the only agent that there ever was has sent these minutes
   * for its other sources, and a message holds all that an agent has.
   */
  readonly notReported: readonly Range[];
}

export interface FacilityWindow {
  /** Every source of the facility, also one that is not asked for: its minutes tell whether the facility sent any. */
  readonly sources: readonly ReportingSource[];
  readonly outages: readonly DeclaredOutage[];
  /** In any order. */
  readonly holes: readonly Hole[];
  /**
   * The facility has one edge agent and never had another. Where several share it, or did, a minute of one source says
   * nothing of another's.
   */
  readonly soleAgent: boolean;
}

/** Holds the minutes expected in `range` against what the store lacks in it, source by source. */
export const findGaps = (range: Range, { sources, outages, holes, soleAgent }: FacilityWindow): SourceFindings[] => {
  const rangesOf = (source: string, kind: Hole['kind']) =>
    unite(
      intersect(
        holes.filter((hole) => hole.source === source && hole.kind === kind),
        [range],
      ),
    );
  const absent = new Map(
    sources.map(({ source, begins }) => [
      source,
      [
        ...subtract(rangesOf(source, 'absent'), rangesOf(source, 'blank')),
        ...intersect([range], [{ from: range.from, until: begins ?? range.until }]),
      ],
    ]),
  );
  const silent = soleAgent ? absentEverywhere([...absent.values()], range) : [range];
  return sources.map((source) => {
    const expected = expectedMinutes(source, range, outages);
    const lacking = intersect(expected, absent.get(source.source)!);
    return {
      source: source.source,
      expected,
      missing: intersect(lacking, silent),
      withoutReading: intersect(expected, rangesOf(source.source, 'blank')),
      notReported: subtract(lacking, silent),
    };
  });
};

const absentEverywhere = (absent: readonly (readonly Range[])[], range: Range): readonly Range[] =>
  absent.reduce<readonly Range[]>((common, ranges) => intersect(common, ranges), [range]);
