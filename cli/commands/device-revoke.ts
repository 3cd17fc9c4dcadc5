import type { Command } from 'commander';
import { audited } from '#adapters/audited';
import { mandatoryWhy, serialNumber } from '../arguments.ts';
import { deviceCloud, knownDevice } from '../devices/device-cloud.ts';
import { retireCertificates } from '../devices/retire.ts';
import { openRun, operatorDatabase } from '../run.ts';

export const revokeCommand = (device: Command) =>
  device
    .command('revoke')
    .summary('takes everything from a device that it may do')
    .description(
      'Takes everything from a device that it may do: it gets no new certificate, and those ' +
        'it has become inactive. May be repeated after an interruption. Minutes that are ' +
        'still in its buffer stay there.',
    )
    .argument('<serial>', 'serial number of the device', serialNumber)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew device revoke RPI4-0021 --why "stolen from the shelter"')
    .action(async (serial: string, { why }: { why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const cloud = deviceCloud(deployment);
      const { registry } = cloud;
      const before = await knownDevice(registry, serial);
      const deed = { who: deployment.who, action: 'device revoke', subject: serial, why };
      const retired = await audited(operatorDatabase(deployment), deed, before, async () => {
        // First, so that it gets no new certificate while the old ones go.
        const after = (await registry.revoke(serial, new Date().toISOString()))!;
        // Also when it was revoked before: that may have been interrupted here.
        return { result: await retireCertificates(cloud, after), after };
      });
      out.answer([`device ${serial} is revoked; ${retired.length} certificate(s) made inactive`], {
        serialNumber: serial,
        certificates: retired,
      });
    });
