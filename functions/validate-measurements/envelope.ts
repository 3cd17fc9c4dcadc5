import { z } from 'zod';
import { FACILITY_NAME } from '#core/contracts/measurement-message';

/**
 * What the topic rule makes of a message: the untouched payload, and who sent it by the topic, which the device's
 * policy vouches for.
 */
export const envelope = z.object({
  payload: z.string(),
  facility: z.string().regex(FACILITY_NAME),
  thing: z.string().min(1).max(128),
  /** Milliseconds since 1970, UTC. */
  received: z.int(),
});

export type Envelope = z.infer<typeof envelope>;
