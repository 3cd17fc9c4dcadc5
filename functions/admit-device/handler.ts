import middy from '@middy/core';
import * as z from 'zod';
import { MetricUnit, observed } from '#adapters/observed';
import { SERIAL_NUMBER } from '#core/contracts/device';
import type { DeviceRegistry } from '#core/ports';

/** What AWS IoT sends a pre-provisioning hook, payload version 2020-04-01. It may send more, which is not looked at. */
const hookEvent = z.object({
  claimCertificateId: z.string().min(1),
  certificateId: z.string().min(1),
  clientId: z.string().min(1),
  parameters: z.object({ SerialNumber: z.string().regex(SERIAL_NUMBER) }),
});

export type HookAnswer =
  | { readonly allowProvisioning: false }
  | { readonly allowProvisioning: true; readonly parameterOverrides: Readonly<Record<string, string>> };

export interface AdmitDevice {
  readonly devices: Pick<DeviceRegistry, 'admit'>;
  readonly now: () => number;
}

/**
 * Decides whether a device gets the certificate it asks for. Thing and facility are those of the allow-list, whatever
 * the device says. Only ids go to the log: the event carries a certificate, and whoever sent it may have sent anything.
 */
export const makeHandler = ({ devices, now }: AdmitDevice) => {
  const { logger, metrics, middleware } = observed('admit-device');

  const refuse = (reason: string, details: Readonly<Record<string, string>>): HookAnswer => {
    logger.warn('device refused', { reason, ...details });
    metrics.addMetric('DevicesRefused', MetricUnit.Count, 1);
    return { allowProvisioning: false };
  };

  const handle = async (event: unknown): Promise<HookAnswer> => {
    const read = hookEvent.safeParse(event);
    if (!read.success)
      return refuse('not-understood', { at: read.error.issues.map(({ path }) => path.join('.')).join(', ') });
    const { parameters, certificateId, claimCertificateId, clientId } = read.data;
    const request = { serialNumber: parameters.SerialNumber, certificateId, claimCertificateId, clientId };
    const admission = await devices.admit({ ...request, at: new Date(now()).toISOString() });
    if (!admission.admitted) return refuse(admission.reason, request);
    const { thing, facility } = admission.device;
    logger.info('device admitted', { thing, facility, ...request });
    metrics.addMetric('DevicesAdmitted', MetricUnit.Count, 1);
    return { allowProvisioning: true, parameterOverrides: { ThingName: thing, Facility: facility } };
  };

  return middy<unknown, HookAnswer>().use(middleware).handler(handle);
};
