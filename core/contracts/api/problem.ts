import * as z from 'zod';

/** A problem document by RFC 9457. */
export const problem = z.strictObject({
  type: z.literal('about:blank'),
  /** The status in words. */
  title: z.string(),
  status: z.int(),
  /** What is wrong, with the value given and the way out. */
  detail: z.string(),
  /** The request, as it stands in the logs. */
  instance: z.string(),
  /** Of a request that does not keep to its contract: where, and what is expected there. */
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
