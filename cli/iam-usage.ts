import * as z from 'zod';

/** In the data folder of the local cloud. */
export const IAM_USAGE_FILE = 'iam-usage.json';

const grantUse = z.strictObject({
  /** Role, user or resource that the policy is attached to, by its ARN. */
  holder: z.string(),
  /** Stack and logical id of the policy. */
  policy: z.string(),
  /** Place of the statement in the policy, from 0. */
  statement: z.int().min(0),
  action: z.string(),
  /** As the statement names it; `*` in a trust policy, which is about the role itself. */
  resource: z.string(),
  /** Requests of all runs that it allowed. */
  uses: z.int().min(0),
});

/** Which permissions of the templates any local run has used, and what was refused. */
export const iamUsage = z.strictObject({
  v: z.literal(1),
  grants: z.array(grantUse),
  refusals: z.array(
    z.strictObject({ caller: z.string(), action: z.string(), resource: z.string(), times: z.int().min(1) }),
  ),
});
export type IamUsage = z.infer<typeof iamUsage>;
