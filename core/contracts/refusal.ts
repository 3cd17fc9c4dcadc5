import * as z from 'zod';

/** A function's answer to a request that it cannot work on: why. It is no failure of the function. */
export const refusal = z.strictObject({ refused: z.string() });

export type Refusal = z.infer<typeof refusal>;
