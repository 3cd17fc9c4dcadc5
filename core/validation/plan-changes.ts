import type { MonitoringPlan, SourcePlan, SourceVersion } from '../contracts/monitoring-plan.ts';
import { canonicalText } from '../hour/digest.ts';

const differ = (a: unknown, b: unknown): boolean => canonicalText(a) !== canonicalText(b);

/**
 * What changes for a facility when a plan comes into force, in sentences for the person who applies it; empty when
 * nothing does.
 * @param before the plan in force; undefined for a new facility
 */
export const planChanges = (before: MonitoringPlan | undefined, after: MonitoringPlan): readonly string[] => {
  const known = new Map(before?.sources.map((source) => [source.source, source]));
  return [
    ...(before ? detailChanges(before, after) : [`facility ${after.facility}: new, ${after.name}`]),
    ...after.sources.flatMap((source) => sourceChanges(known.get(source.source), source)),
  ];
};

/** Sources that the new plan does not name. They keep their plan: what they have stored must stay explicable. */
export const keptSources = (before: MonitoringPlan | undefined, after: MonitoringPlan): readonly string[] => {
  const named = new Set(after.sources.map(({ source }) => source));
  return (before?.sources ?? []).map(({ source }) => source).filter((source) => !named.has(source));
};

const DETAILS = ['name', 'orisCode', 'utcOffsetMinutes'] as const;

const detailChanges = (before: MonitoringPlan, after: MonitoringPlan): string[] =>
  DETAILS.filter((detail) => before[detail] !== after[detail]).map(
    (detail) => `${detail}: ${JSON.stringify(before[detail])} becomes ${JSON.stringify(after[detail])}`,
  );

const sourceChanges = (before: SourcePlan | undefined, { source, versions }: SourcePlan): string[] => {
  if (!before) return [`source ${source}: new, ${channelCount(versions)} in ${versionCount(versions)}`];
  const known = new Map(before.versions.map((version) => [version.effectiveFrom, version]));
  const kept = new Set(versions.map(({ effectiveFrom }) => effectiveFrom));
  return [
    ...versions.flatMap((version) => versionChanges(source, known.get(version.effectiveFrom), version)),
    ...before.versions
      .filter(({ effectiveFrom }) => !kept.has(effectiveFrom))
      .map(({ effectiveFrom }) => `source ${source}: the version from ${effectiveFrom} is taken out`),
  ];
};

const PARTS = ['channels', 'fuel', 'formulas', 'limits'] as const;

const versionChanges = (source: string, before: SourceVersion | undefined, version: SourceVersion): string[] => {
  const at = `source ${source}: `;
  if (!before) return [`${at}a version from ${version.effectiveFrom} is added`];
  const parts = PARTS.filter((part) => differ(before[part], version[part]));
  return parts.length === 0 ? [] : [`${at}the version from ${version.effectiveFrom} has other ${parts.join(', ')}`];
};

const plural = (count: number, thing: string) => `${count} ${thing}${count === 1 ? '' : 's'}`;
const versionCount = (versions: readonly SourceVersion[]) => plural(versions.length, 'version');
const channelCount = (versions: readonly SourceVersion[]) =>
  plural(new Set(versions.flatMap(({ channels }) => channels.map(({ channel }) => channel))).size, 'channel');

/**
 * Positions that the plan in force gives to one channel and the new plan to another. Readings are stored by position:
 * such a plan would give stored readings another channel's name.
 */
export const positionConflicts = (before: MonitoringPlan, after: MonitoringPlan): readonly string[] => {
  const known = new Map(before.sources.map((source) => [source.source, ownersOf(source)]));
  return after.sources.flatMap((source) =>
    [...ownersOf(source)].flatMap(([position, channel]) => {
      const owner = known.get(source.source)?.get(position) ?? channel;
      return owner === channel
        ? []
        : [`source ${source.source}: position ${position} of ${channel} belongs to ${owner}, also in stored readings`];
    }),
  );
};

const ownersOf = ({ versions }: SourcePlan): ReadonlyMap<number, string> =>
  new Map(versions.flatMap(({ channels }) => channels.map(({ position, channel }) => [position, channel] as const)));
