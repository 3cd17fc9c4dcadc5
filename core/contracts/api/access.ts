import * as z from 'zod';

/** Groups of the user pool; each may do all that those before it may. */
export const GROUPS = ['viewer', 'operator', 'engineer', 'admin'] as const;
export type Group = (typeof GROUPS)[number];

/** Who asks, as the token says. */
export const me = z.strictObject({
  who: z.string(),
  group: z.enum(GROUPS),
  /** Names of facilities, or `*` alone for all. */
  facilities: z.array(z.string()),
});
export type Me = z.infer<typeof me>;
