import type { Account } from './account.ts';
import { causeOf, fail, ok, warn } from './finding.ts';

const WITHOUT = 'deploy without it: -c timeSeriesStore=aurora (the minutes are in the database in any case)';

/**
 * Whether the account may use Timestream for LiveAnalytics. AWS takes no new customers since 2025-06-20, and says so with
 * the same error as it does a missing permission: only the message differs.
 */
export const checkTimestream = async (account: Account) => {
  try {
    await account.useTimestream();
    return ok('this account may use Timestream for LiveAnalytics');
  } catch (error) {
    const { message } = error as Error;
    if (/only existing timestream/i.test(message))
      return fail('closed to this account: AWS takes no new customers of Timestream for LiveAnalytics', WITHOUT);
    switch (causeOf(error)) {
      case 'denied':
        return warn(
          `could not be asked, for a missing permission: ${message.split('\n')[0]}`,
          `have timestream:DescribeEndpoints allowed and ask again, or ${WITHOUT}`,
        );
      case 'unreachable':
        return fail(`${account.region} has no Timestream, or this machine does not reach it`, WITHOUT);
      default:
        throw error;
    }
  }
};
