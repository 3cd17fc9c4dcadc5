import type { Command } from 'commander';
import type { Device } from '#core/contracts/device';
import type { DeviceRegistry } from '#core/ports';
import { mandatoryWhy, serialNumber } from '../arguments.ts';
import { audited } from '../audited.ts';
import { certificatesOf, retireCertificate } from '../devices/certificates.ts';
import { deviceCloud, knownDevice } from '../devices/device-cloud.ts';
import { openRun, operatorDatabase } from '../run.ts';

export const revokeCommand = (device: Command) =>
  device
    .command('revoke')
    .summary('takes everything from a device that it may do')
    .description(
      'Takes everything from a device that it may do: it gets no new certificate, and those\n' +
        'it has become inactive. May be repeated after an interruption. Minutes that are\n' +
        'still in its buffer stay there.',
    )
    .argument('<serial>', 'serial number of the device', serialNumber)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew device revoke RPI4-0021 --why "stolen from the shelter"')
    .action(async (serial: string, { why }: { why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const { registry, iot, policyName } = deviceCloud(deployment);
      const before = await knownDevice(registry, serial);
      const deed = { who: deployment.who, action: 'device revoke', subject: serial, why };
      const retired = await audited(operatorDatabase(deployment), deed, before, async () => {
        // First, so that it gets no new certificate while the old ones go.
        const after = (await registry.revoke(serial, new Date().toISOString()))!;
        const certificates = await ownCertificates(before);
        for (const certificate of certificates)
          await retireCertificate(iot, { thingName: before.thing, policyName }, certificate);
        return { result: certificates.map(({ certificateId }) => certificateId), after };
      });
      out.answer([`device ${serial} is revoked; ${retired.length} certificate(s) made inactive`], {
        serialNumber: serial,
        certificates: retired,
      });

      async function ownCertificates(of: Device) {
        const all = await certificatesOf(iot, of.thing);
        if (!(await isTakenOver(registry, of))) return all;
        return all.filter(({ certificateId }) => [of.certificateId, of.replacedCertificateId].includes(certificateId));
      }
    });

/** Has another device become the thing that this one was? */
const isTakenOver = async (registry: DeviceRegistry, { thing, serialNumber: own }: Device): Promise<boolean> =>
  (await registry.list()).some(
    (other) => other.thing === thing && other.serialNumber !== own && other.state !== 'revoked',
  );
