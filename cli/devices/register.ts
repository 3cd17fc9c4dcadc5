import { audited } from '#adapters/audited';
import { listFacilities } from '#adapters/data-api-facilities';
import type { Device } from '#core/contracts/device';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { operatorDatabase } from '../run.ts';
import { certificatesOf, retireCertificate } from './certificates.ts';
import { deviceCloud } from './device-cloud.ts';
import { otherHolder, retireCertificates } from './retire.ts';

export interface Registration {
  readonly serialNumber: string;
  readonly facility: string;
  readonly thing: string;
  /** Also when it is registered or provisioned; the certificate it has becomes inactive. */
  readonly again: boolean;
  readonly why: string | undefined;
}

export interface Registered {
  /** False when it stood on the list before. */
  readonly registered: boolean;
  readonly device: Device;
  /** Ids of the certificates that were made inactive. */
  readonly retired: readonly string[];
}

/**
 * Puts a device on the allow-list and on record, unless it stands there already. Before that, every certificate of its
 * thing, and of the thing that it was, becomes inactive: one that is left over would be good for the new facility.
 * May be repeated after an interruption.
 * @throws CommandFailed when there is no such facility, or serial number or thing are taken
 */
export const registerDevice = async (
  deployment: Deployment,
  { serialNumber, facility, thing, again, why }: Registration,
): Promise<Registered> => {
  const database = operatorDatabase(deployment);
  if (!(await listFacilities(database)).some((known) => known.facility === facility))
    throw new CommandFailed(
      `there is no facility ${facility}: add it with \`ew facility add ${facility}\`, or see \`ew facility list\``,
    );
  const cloud = deviceCloud(deployment);
  const { registry, iot, policyName } = cloud;
  const deed = { who: deployment.who, action: 'device register', subject: serialNumber, why };
  const before = await registry.find(serialNumber);
  if (before && before.state !== 'revoked' && !again) {
    if (before.facility !== facility || before.thing !== thing) throw new CommandFailed(inTheWay(serialNumber, before));
    return { registered: false, device: before, retired: await leftOver(before) };
  }
  const registration = { serialNumber, facility, thing, registeredAt: new Date().toISOString() };
  return audited(database, deed, before ?? null, async () => {
    const holder = await otherHolder(registry, { thing, serialNumber });
    if (holder) throw new CommandFailed(inTheWay(serialNumber, holder));
    // Revoked until its certificates are gone: none of them gets it a new one, and what is interrupted here has let
    // nobody in.
    if (before) await registry.revoke(serialNumber, registration.registeredAt);
    const retired = before ? [...(await retireCertificates(cloud, before))] : [];
    if (before?.thing !== thing) retired.push(...(await retireCertificates(cloud, { serialNumber, thing })));
    const result = await registry.register({ ...registration, registeredBy: deployment.who.slice(0, 256) }, { again });
    if (!result.registered) throw new CommandFailed(inTheWay(serialNumber, result.existing));
    return { result: { registered: true, device: result.device, retired }, after: result.device };
  });

  /** A device that is registered has no certificate yet; what its thing has is from before. */
  async function leftOver(known: Device): Promise<readonly string[]> {
    const found = known.state === 'registered' ? await certificatesOf(iot, thing) : [];
    // Looked up after that: the certificate of a device that has been provisioned meanwhile is its own.
    if (found.length === 0 || (await registry.find(serialNumber))?.state !== 'registered') return [];
    return audited(database, deed, known, async () => {
      for (const certificate of found) await retireCertificate(iot, { thingName: thing, policyName }, certificate);
      return { result: found.map(({ certificateId }) => certificateId), after: known };
    });
  }
};

const inTheWay = (serial: string, existing: Device): string =>
  existing.serialNumber === serial
    ? `device ${serial} is ${existing.state}, as ${existing.thing} of facility ${existing.facility}: revoke it first, or give --again`
    : `${existing.thing} is the thing of device ${existing.serialNumber}: revoke that one first, or choose another name with --thing`;
