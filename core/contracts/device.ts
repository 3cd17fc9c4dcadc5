import * as z from 'zod';
import { FACILITY_NAME } from './measurement-message.ts';

export const SERIAL_NUMBER = /^[A-Za-z0-9][A-Za-z0-9-]{2,63}$/;
/** Client ids that begin so belong to claim certificates; a device's client id is the name of its thing. */
export const CLAIM_CLIENT_PREFIX = 'claim-';
export const THING_NAME = /^(?!claim-)[a-zA-Z0-9][a-zA-Z0-9:_-]{0,127}$/;

/** One edge agent on the allow-list: nothing that is not on it gets a certificate. */
export const device = z.strictObject({
  serialNumber: z.string().regex(SERIAL_NUMBER, 'expected 3 to 64 letters, digits and -'),
  facility: z.string().regex(FACILITY_NAME),
  thing: z.string().regex(THING_NAME, 'expected 1 to 128 letters, digits and : _ -, not beginning with claim-'),
  /** `registered`: may provision once. `provisioned`: holds `certificateId`. `revoked`: may do nothing. */
  state: z.enum(['registered', 'provisioned', 'revoked']),
  certificateId: z.string().optional(),
  /** What `certificateId` replaces. It stays active until the agent has connected with the new one. */
  replacedCertificateId: z.string().optional(),
  registeredAt: z.iso.datetime(),
  registeredBy: z.string().min(1).max(256),
  provisionedAt: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
});

export type Device = z.infer<typeof device>;
