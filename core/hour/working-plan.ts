import type { Formula, SourcePlan, SourceVersion } from '../contracts/monitoring-plan.ts';
import type { ChannelPlace } from '../reduction/reduce-channel.ts';
import { inForce } from '../rules/dated.ts';
import { textOfMinute } from '../time.ts';
import {
  type BtuPerHundredScf,
  btuPerHundredScf,
  type CarbonFFactor,
  carbonFFactor,
  type DryFFactor,
  dryFFactor,
  type PoundPerMmBtu,
  poundPerMmBtu,
} from '../units/quantity.ts';
import { versionDefects } from '../validation/plan-defects.ts';
import { DefectivePlanError } from './defective-plan.ts';

type FormulaFor<P extends Formula['parameter']> = Extract<Formula, { parameter: P }>;

/** A plan's version with its texts read once: thousands of hours are worked out with the same version. */
export interface WorkingPlan {
  readonly channels: readonly (ChannelPlace & { readonly name: string })[];
  readonly formulas: { readonly [P in Formula['parameter']]?: FormulaFor<P> };
  readonly bases: ReadonlyMap<string, 'wet' | 'dry' | 'none'>;
  readonly fuel: {
    readonly gcv: BtuPerHundredScf;
    readonly fd: DryFFactor;
    readonly fc: CarbonFFactor;
    readonly so2Rate: PoundPerMmBtu;
  };
}

const read = new WeakMap<SourceVersion, WorkingPlan>();

/** @throws DefectivePlanError when the version's formulas cannot be worked out */
export const workingPlan = (version: SourceVersion): WorkingPlan => {
  const known = read.get(version);
  if (known) return known;
  const defects = versionDefects(version);
  if (defects.length > 0)
    throw new DefectivePlanError(`plan version from ${version.effectiveFrom} is defective: ${defects.join('; ')}`, {
      effectiveFrom: version.effectiveFrom,
      defects,
    });
  const { gcv, fd, fc, so2Rate } = version.fuel;
  const plan: WorkingPlan = {
    channels: version.channels.map(
      ({ channel, position, maxChangePerMinute, stuckAfterMinutes, staleAfterMinutes }) => ({
        name: channel,
        index: position - 1,
        maxChangePerMinute,
        stuckAfterMinutes,
        staleAfterMinutes,
      }),
    ),
    formulas: Object.fromEntries(version.formulas.map((formula) => [formula.parameter, formula])),
    bases: new Map(version.channels.map(({ channel, basis }) => [channel, basis])),
    // A factor that is not given is needed by no formula (a defect otherwise); 0 makes its equation say so.
    fuel: {
      gcv: btuPerHundredScf(gcv ?? 0),
      fd: dryFFactor(fd ?? 0),
      fc: carbonFFactor(fc ?? 0),
      so2Rate: poundPerMmBtu(so2Rate ?? 0),
    },
  };
  read.set(version, plan);
  return plan;
};

/**
 * The version that makes an hour: the one in force at its first minute, or, in the hour in which the plan begins,
 * the one in force at its last minute.
 * @throws DefectivePlanError when no version is in force
 */
export const versionOfHour = ({ source, versions }: SourcePlan, hour: number): SourceVersion => {
  const version = inForce(versions, textOfMinute(hour * 60)) ?? inForce(versions, textOfMinute(hour * 60 + 59));
  if (!version)
    throw new DefectivePlanError(
      `source ${source} has no plan version in force at ${textOfMinute(hour * 60)}, expected one that begins earlier`,
      { source, hour },
    );
  return version;
};
