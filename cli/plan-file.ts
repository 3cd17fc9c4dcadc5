import { readFileSync } from 'node:fs';
import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import { planDefects } from '#core/validation/plan-defects';
import { CommandFailed } from './failure.ts';

export interface CheckedFile {
  /** Undefined when the file breaks the contract. */
  readonly plan: MonitoringPlan | undefined;
  /** Every defect in a sentence; empty when the plan is sound. */
  readonly defects: readonly string[];
}

/**
 * Reads a monitoring plan and checks it against the contract and for what no hour could be computed by.
 * @throws CommandFailed when the file cannot be read or is not JSON
 */
export const readPlanFile = (file: string): CheckedFile => {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CommandFailed(`cannot read monitoring plan ${file}: ${(cause as Error).message}`, { cause });
  }
  const read = monitoringPlan.safeParse(content);
  if (read.success) return { plan: read.data, defects: planDefects(read.data) };
  const defects = read.error.issues.map(({ path, message }) => `at ${path.join('.') || 'the top'}: ${message}`);
  return { plan: undefined, defects };
};
