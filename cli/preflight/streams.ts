import { type Account, deployedResources } from './account.ts';
import { fail, ok } from './finding.ts';
import type { Planned } from './planned.ts';

/** Whether the account has room for the shards, and the streams that exist can get them in one step. */
export const checkStreams = async (account: Account, { streams }: Planned) => {
  const wanted = streams.reduce((sum, { shards }) => sum + shards, 0);
  let ours = 0;
  for (const { stack, logicalId, shards } of streams) {
    const resources = await deployedResources(account, [stack]);
    const name = resources.find((resource) => resource.logicalId === logicalId)?.physicalId;
    if (!name) continue;
    const open = await account.openShardsOf(name);
    ours += open;
    // Kinesis at most doubles or halves a stream in one step.
    const next = Math.min(Math.max(shards, Math.ceil(open / 2)), open * 2);
    if (next !== shards)
      return fail(
        `${name} has ${open} shards and cannot get ${shards} in one step`,
        `aws kinesis update-shard-count --stream-name ${name} --target-shard-count ${next} --scaling-type UNIFORM_SCALING --region ${account.region}\nrepeat for the other streams, then run the preflight again`,
      );
  }
  const { open, limit } = await account.shards();
  const needed = open - ours + wanted;
  if (needed > limit)
    return fail(
      `${needed} shards are needed in this account and region, ${limit} are allowed`,
      `ask for ${needed} or more: Service Quotas, Amazon Kinesis Data Streams, "Shards per Region"`,
    );
  return ok(`${wanted} shards, ${limit - open + ours} are free`);
};
