import * as z from 'zod';
import { FACILITY_NAME } from '#core/contracts/measurement-message';

/** Name of a thing as IoT Core takes it. */
const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;

/**
 * What the topic rule makes of a message: the untouched payload, and who sent it by the topic, which the device's
 * policy vouches for.
 */
export const envelope = z.object({
  payload: z.string(),
  facility: z.string().regex(FACILITY_NAME),
  thing: z.string().regex(THING_NAME),
  /** Milliseconds since 1970, UTC. */
  received: z.int().min(0),
});

export type Envelope = z.infer<typeof envelope>;
