import { intersect, type Range, subtract, unite } from '#core/continuity/ranges';
import { minuteOfText, textOfMinute } from '#core/time';
import { wrapped } from '../output.ts';

interface TextRange {
  readonly from: string;
  readonly until: string;
}

/** As reports and certificates say it. */
interface CoveredFacility {
  readonly facility: string;
  readonly declaredOutages: readonly (TextRange & { readonly source: string | null })[];
  readonly sources: readonly { readonly source: string; readonly begins: string | null }[];
}

const minutes = ({ from, until }: TextRange): Range => ({ from: minuteOfText(from), until: minuteOfText(until) });
const text = ({ from, until }: Range) => `from ${textOfMinute(from)} until ${textOfMinute(until)}`;

/** Of one source, in words: which of its minutes are expected, and which are not and why. */
const coverageOf = (
  { source, begins }: CoveredFacility['sources'][number],
  declared: CoveredFacility['declaredOutages'],
  range: Range,
): readonly string[] => {
  if (begins === null) return ['NOT COVERED: the whole range: nothing was ever stored of'];
  const begin = Math.min(Math.max(minuteOfText(begins), range.from), range.until);
  const outages = declared.filter((outage) => outage.source === null || outage.source === source).map(minutes);
  const begun = { from: begin, until: range.until };
  return [
    ...subtract([begun], outages).map((part) => `covered ${text(part)}:`),
    ...(begin > range.from
      ? [`NOT COVERED: ${text({ from: range.from, until: begin })}, before the first stored minute ${begins} of`]
      : []),
    ...unite(intersect([begun], outages)).map((part) => `NOT COVERED: ${text(part)}, declared as an outage of`),
  ];
};

/**
 * Of every source the parts of the range in which its minutes are expected, and those in which they are not; sources of a
 * facility that are alike share a line.
 */
export const coverage = (range: TextRange, facilities: readonly CoveredFacility[]): string[] =>
  facilities.flatMap(({ facility, declaredOutages, sources }) => {
    const parts = sources.flatMap((source) =>
      coverageOf(source, declaredOutages, minutes(range)).map((part) => ({ part, source: source.source })),
    );
    return [...Map.groupBy(parts, ({ part }) => part)].flatMap(([part, alike]) =>
      wrapped(`${part} ${facility} ${alike.map(({ source }) => source).join(', ')}`, undefined, '  '),
    );
  });
