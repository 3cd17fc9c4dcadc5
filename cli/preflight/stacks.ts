import type { Account } from './account.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { Planned } from './planned.ts';

const BOOTSTRAP = 'CDKToolkit';

/** Whether the CDK can put templates and bundles somewhere, and deploy them. */
export const checkBootstrap = async (account: Account, { bootstrapVersion }: Planned, accountId: string) => {
  const bootstrap = `npx cdk bootstrap aws://${accountId}/${account.region}`;
  const stack = await account.stack(BOOTSTRAP);
  if (!stack) return fail(`the CDK has not been prepared for ${account.region}`, bootstrap);
  const version = Number(stack.outputs.BootstrapVersion ?? 0);
  if (version < bootstrapVersion)
    return fail(`the CDK was prepared with version ${version}, at least ${bootstrapVersion} is needed`, bootstrap);
  return ok(`the CDK is prepared, version ${version}`);
};

/** Whether CloudFormation would take a change of each stack now. */
export const checkStacks = async (account: Account, { stacks }: Planned) => {
  const states = await Promise.all(stacks.map(async (name) => ({ name, found: await account.stack(name) })));
  const faults = states.flatMap(({ name, found }) => (found ? faultOf(name, found.status, account.region) : []));
  if (faults.length > 0) return faults;
  const existing = states.filter(({ found }) => found).length;
  if (existing === 0) return ok(`${stacks.length} stacks will be made`);
  const made = stacks.length - existing;
  return ok(`${existing} stacks can be changed${made > 0 ? `, ${made} will be made` : ''}`);
};

const faultOf = (name: string, status: string, region: string): Omit<Finding, 'check'>[] => {
  const aws = (operation: string) => `aws cloudformation ${operation} --stack-name ${name} --region ${region}`;
  switch (status) {
    case 'CREATE_COMPLETE':
    case 'UPDATE_COMPLETE':
    case 'IMPORT_COMPLETE':
    // A change set was made and never carried out.
    case 'REVIEW_IN_PROGRESS':
      return [];
    case 'UPDATE_ROLLBACK_COMPLETE':
      return [
        warn(`the last change of ${name} was undone`, `see why before you repeat it:\n${aws('describe-stack-events')}`),
      ];
    case 'UPDATE_ROLLBACK_FAILED':
      return [fail(`${name} is stuck in undoing a change`, aws('continue-update-rollback'))];
    case 'ROLLBACK_COMPLETE':
    case 'ROLLBACK_FAILED':
    case 'CREATE_FAILED':
    case 'DELETE_FAILED':
      return [
        fail(
          `${name} is ${status}: it was never there as a whole, and can only be deleted`,
          `${aws('update-termination-protection --no-enable-termination-protection')}\n${aws('delete-stack')}`,
        ),
      ];
    default:
      return [fail(`${name} is ${status}`, `wait until that has ended:\n${aws('describe-stacks')}`)];
  }
};
