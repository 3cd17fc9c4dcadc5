import type { SourcePlan, SourceVersion } from '#core/contracts/monitoring-plan';
import { minuteOf } from '../message/utc-minute.ts';

/** The version of a source's plan in force at a minute, or undefined before the first. */
export const versionAt = ({ versions }: SourcePlan, minute: number): SourceVersion | undefined =>
  versions
    .filter(({ effectiveFrom }) => minuteOf(effectiveFrom) <= minute)
    .reduce<SourceVersion | undefined>(
      (latest, version) => (latest && latest.effectiveFrom > version.effectiveFrom ? latest : version),
      undefined,
    );
