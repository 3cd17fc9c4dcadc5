import { type Account, deployedResources } from './account.ts';
import { fail, ok } from './finding.ts';
import type { Planned } from './planned.ts';

/** What Lambda never lets functions reserve. */
const UNRESERVED = 100;
/** The quota that AWS gives to accounts that are not new; it grants a request up to there by itself. */
const USUAL = 1000;

/**
 * Whether the account has enough concurrent executions for those that the functions reserve. A new account often has 10,
 * and then the first function of the deployment is refused.
 */
export const checkConcurrency = async (account: Account, planned: Planned) => {
  const { quota, unreserved } = await account.concurrency();
  const ours = await deployed(account, planned);
  const others = quota - unreserved - ours;
  const needed = planned.reserved + others + UNRESERVED;
  const sum = [
    `${planned.reserved} are reserved here`,
    ...(others > 0 ? [`${others} by other functions of the account`] : []),
    `${UNRESERVED} must stay free`,
  ].join(', ');
  if (quota >= needed) return ok(`${quota} concurrent executions, ${needed} needed: ${sum}`);

  const desired = Math.max(USUAL, Math.ceil(needed / 100) * 100);
  const finding = `${quota} concurrent executions, but ${needed} are needed: ${sum}`;
  const request = await account.concurrencyRequest().catch(() => undefined);
  if (request && ['PENDING', 'CASE_OPENED'].includes(request.status) && request.desired >= needed)
    return fail(
      `${finding}; ${request.desired} have been asked for (${request.status})`,
      'wait until AWS has granted it',
    );
  return fail(
    finding,
    `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${desired} --region ${account.region}`,
  );
};

/** What the functions reserve that are deployed already, and are about to be replaced. */
const deployed = async (account: Account, { stacks }: Planned): Promise<number> => {
  let sum = 0;
  for (const { type, physicalId } of await deployedResources(account, stacks))
    if (type === 'AWS::Lambda::Function') sum += await account.reservedBy(physicalId);
  return sum;
};
