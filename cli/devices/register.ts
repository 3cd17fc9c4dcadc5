import { listFacilities } from '#adapters/data-api-facilities';
import type { Device } from '#core/contracts/device';
import { audited } from '../audited.ts';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { operatorDatabase } from '../run.ts';
import { certificatesOf, retireCertificate } from './certificates.ts';
import { deviceCloud } from './device-cloud.ts';

export interface Registration {
  readonly serialNumber: string;
  readonly facility: string;
  readonly thing: string;
  /** Also when it is registered or provisioned; the certificate it has becomes inactive. */
  readonly again: boolean;
  readonly why: string | undefined;
}

/**
 * Puts a device on the allow-list and on record, unless it stands there already.
 * @throws CommandFailed when there is no such facility, or serial number or thing are taken
 */
export const registerDevice = async (
  deployment: Deployment,
  { serialNumber, facility, thing, again, why }: Registration,
): Promise<{ readonly registered: boolean; readonly device: Device }> => {
  const database = operatorDatabase(deployment);
  if (!(await listFacilities(database)).some((known) => known.facility === facility))
    throw new CommandFailed(
      `there is no facility ${facility}: add it with \`ew facility add ${facility}\`, or see \`ew facility list\``,
    );
  const { registry, iot, policyName } = deviceCloud(deployment);
  const before = await registry.find(serialNumber);
  if (before && before.state !== 'revoked' && !again) {
    if (before.facility !== facility || before.thing !== thing) throw new CommandFailed(inTheWay(serialNumber, before));
    return { registered: false, device: before };
  }
  const registration = { serialNumber, facility, thing, registeredAt: new Date().toISOString() };
  const deed = { who: deployment.who, action: 'device register', subject: serialNumber, why };
  const device = await audited(database, deed, before ?? null, async () => {
    const result = await registry.register({ ...registration, registeredBy: deployment.who.slice(0, 256) }, { again });
    if (!result.registered) throw new CommandFailed(inTheWay(serialNumber, result.existing));
    if (before && again)
      for (const certificate of await certificatesOf(iot, before.thing))
        await retireCertificate(iot, { thingName: before.thing, policyName }, certificate);
    return { result: result.device, after: result.device };
  });
  return { registered: true, device };
};

const inTheWay = (serial: string, existing: Device): string =>
  existing.serialNumber === serial
    ? `device ${serial} is ${existing.state}, as ${existing.thing} of facility ${existing.facility}: revoke it first, or give --again`
    : `${existing.thing} is the thing of device ${existing.serialNumber}: revoke that one first, or choose another name with --thing`;
