import * as z from 'zod';
import { minuteText } from './measurement-message.ts';

/**
 * What an edge agent says of itself, as `state.reported` of its thing's shadow. It reports when something of it changes
 * and when it connects, so the shadow costs next to nothing while all is well. A shadow drops what is null, so what is
 * not there is null.
 */
export const agentReport = z.strictObject({
  v: z.literal(1),
  /** By the agent's clock, UTC. */
  reportedAt: z.iso.datetime(),
  software: z.string().max(64),
  /** Minutes that wait for an acknowledgement: the first one, and how many; null when there are none. */
  waiting: z
    .strictObject({ from: minuteText, minutes: z.int().min(1) })
    .nullable()
    .default(null),
  /** Acknowledged minutes are kept for a resend from here on; null when none are. */
  keptFrom: minuteText.nullable().default(null),
  /** Minutes that the cloud refused for good and the agent has set aside. */
  setAsideMinutes: z.int().min(0),
  /** The latest resend commands and how many facility-minutes each found in the buffer, oldest first. */
  answered: z.array(z.strictObject({ command: z.string().max(64), minutes: z.int().min(0) })).max(16),
});

export type AgentReport = z.infer<typeof agentReport>;

/** Asks an agent to send a range of minutes again, on its commands topic `emissionwatch/v1/commands/<thing>`. */
export const resendCommand = z.strictObject({
  v: z.literal(1),
  command: z.literal('resend'),
  /** Names the command in the agent's report. */
  id: z.string().min(1).max(64),
  /** First minute, and the minute after the last. */
  from: minuteText,
  until: minuteText,
});

export type ResendCommand = z.infer<typeof resendCommand>;

/** Document of the IoT job that has an agent fetch a new certificate. */
export const rotateCertificateJob = z.strictObject({ v: z.literal(1), operation: z.literal('rotate-certificate') });
