import type { Device } from '#core/contracts/device';
import type { DeviceRegistry } from '#core/ports';
import { certificatesOf, retireCertificate } from './certificates.ts';
import type { deviceCloud } from './device-cloud.ts';

type DeviceOfThing = Pick<Device, 'serialNumber' | 'thing' | 'certificateId' | 'replacedCertificateId'>;

/** The device that is a thing now, unless it is this one. */
export const otherHolder = async (
  registry: Pick<DeviceRegistry, 'list'>,
  { thing, serialNumber }: Pick<Device, 'thing' | 'serialNumber'>,
): Promise<Device | undefined> =>
  (await registry.list()).find(
    (other) => other.thing === thing && other.serialNumber !== serialNumber && other.state !== 'revoked',
  );

/**
 * Makes the certificates of a device's thing inactive. Where another device has become the thing since, the others are
 * that one's, and only those go that the allow-list gave this one. May be repeated after an interruption.
 * @returns the ids of the certificates
 */
export const retireCertificates = async (
  { registry, iot, policyName }: ReturnType<typeof deviceCloud>,
  device: DeviceOfThing,
): Promise<readonly string[]> => {
  const { thing, certificateId: listed, replacedCertificateId: replaced } = device;
  // Before the look at who is the thing: whoever becomes it later is attached later.
  const attached = await certificatesOf(iot, thing);
  const own = (await otherHolder(registry, device))
    ? attached.filter(({ certificateId }) => certificateId === listed || certificateId === replaced)
    : attached;
  for (const certificate of own) await retireCertificate(iot, { thingName: thing, policyName }, certificate);
  return own.map(({ certificateId }) => certificateId);
};
