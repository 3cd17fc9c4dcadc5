import type { EmissionHour } from '../contracts/emission-hour.ts';
import type { SourcePlan, SourceVersion } from '../contracts/monitoring-plan.ts';
import { DefectivePlanError } from '../hour/defective-plan.ts';
import { versionOfHour } from '../hour/working-plan.ts';
import { hourOfText } from '../time.ts';
import { reproduces } from './explain-hour.ts';

/** The version in force in a plan, and whether it gives the hour's values again; undefined when it cannot. */
export const tryPlan = (
  document: EmissionHour,
  plan: SourcePlan,
): { readonly version: SourceVersion; readonly made: boolean } | undefined => {
  try {
    const version = versionOfHour(plan, hourOfText(document.hour));
    return { version, made: reproduces(document, version) };
  } catch (error) {
    if (error instanceof DefectivePlanError) return undefined;
    throw error;
  }
};
