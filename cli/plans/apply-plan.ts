import { inAuditedTransaction } from '#adapters/audited';
import { sha256 } from '#adapters/data-api-audit';
import { planInForce, writePlan } from '#adapters/data-api-plans';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { canonicalText } from '#core/hour/digest';
import { keptSources, planChanges, positionConflicts } from '#core/validation/plan-changes';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { wrapped } from '../output.ts';
import { operatorDatabase } from '../run.ts';

/** Changes that the audit trail names; the replaced plans themselves are kept in the database. */
const RECORDED_CHANGES = 50;
const RECORDED_CHARACTERS = 200;

export interface AppliedPlan {
  /** Undefined when nothing was changed. */
  readonly revision: number | undefined;
  readonly changes: readonly string[];
  /** Sources that the new plan does not name. */
  readonly kept: readonly string[];
}

/**
 * Puts a plan in force and on record, unless it is in force already.
 * @throws CommandFailed when it gives a position to another channel than the plan in force, or moves the hours of
 * stored minutes and that was not accepted
 */
export const applyPlan = async (
  deployment: Deployment,
  next: MonitoringPlan,
  options: { readonly dryRun?: boolean; readonly acceptOffsetChange?: boolean; readonly why?: string },
): Promise<AppliedPlan> => {
  const { facility } = next;
  let changes: readonly string[] = [];
  let kept: readonly string[] = [];
  const deed = { who: deployment.who, action: 'plan apply', subject: facility, why: options.why };
  const revision = await inAuditedTransaction(operatorDatabase(deployment), deed, async (execute) => {
    // Its row is the lock: of two people who apply plans at a time, the second sees the first one's.
    await execute('select facility from facility where facility = :facility for update', { facility });
    const before = await planInForce(execute, facility);
    const current = before?.planned.plan;
    const conflicts = current ? positionConflicts(current, next) : [];
    if (conflicts.length > 0)
      throw new CommandFailed(
        [
          'the plan cannot replace the one in force:',
          ...conflicts.flatMap((conflict) => wrapped(`- ${conflict}`, 80, '  ')),
        ].join('\n'),
      );
    if (current && current.utcOffsetMinutes !== next.utcOffsetMinutes && !options.acceptOffsetChange) {
      // The clock of a facility is there from its first minute on.
      const [stored] = await execute('select facility from facility_clock where facility = :facility', { facility });
      if (stored) throw new CommandFailed(offsetChange(current, next));
    }
    changes = planChanges(current, next);
    kept = keptSources(current, next);
    if (changes.length === 0 || options.dryRun) return undefined;
    const result = await writePlan(execute, next);
    return {
      result,
      before: before ? { revision: before.revision, sha256: digest(before.planned.plan) } : null,
      after: {
        revision: result,
        sha256: digest(next),
        changes: changes.slice(0, RECORDED_CHANGES).map((change) => change.slice(0, RECORDED_CHARACTERS)),
        furtherChanges: Math.max(0, changes.length - RECORDED_CHANGES),
      },
    };
  });
  return { revision, changes, kept };
};

const offsetChange = (before: MonitoringPlan, after: MonitoringPlan): string =>
  `the plan changes utcOffsetMinutes of facility ${after.facility} from ${before.utcOffsetMinutes} to ` +
  `${after.utcOffsetMinutes}, and minutes are stored: each would lie ${after.utcOffsetMinutes - before.utcOffsetMinutes} ` +
  `minutes from where it lies in the local day. Hours stay as they were computed until a minute of them arrives, and ` +
  `then come out at other minutes; published hours no longer match. Correct the file, or give --accept-offset-change`;

/** Over the text with sorted keys: the same plan has the same digest, in the file and from the database. */
const digest = (plan: MonitoringPlan): string => sha256(canonicalText(plan));
