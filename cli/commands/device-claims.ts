import {
  DetachPolicyCommand,
  IoTClient,
  paginateListTargetsForPolicy,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { type Command, InvalidArgumentError } from 'commander';
import { audited } from '#adapters/audited';
import { mandatoryWhy } from '../arguments.ts';
import type { Deployment } from '../deployment.ts';
import { type DeviceCertificate, described } from '../devices/certificates.ts';
import { CommandFailed } from '../failure.ts';
import { table } from '../output.ts';
import { openRun, operatorDatabase } from '../run.ts';

const claimCloud = ({ output, clientConfig }: Deployment) => ({
  iot: new IoTClient(clientConfig('IOT')),
  policyName: output('Ingest', 'ClaimPolicyName'),
});

/** Every certificate that the claim policy is attached to. */
const claimCertificates = async ({ iot, policyName }: ReturnType<typeof claimCloud>): Promise<DeviceCertificate[]> => {
  const found: DeviceCertificate[] = [];
  for await (const { targets = [] } of paginateListTargetsForPolicy({ client: iot }, { policyName }))
    for (const arn of targets) found.push(await described(iot, arn));
  return found.sort((a, b) => (a.created ?? '').localeCompare(b.created ?? ''));
};

export const claimsCommand = (device: Command) =>
  device
    .command('claims')
    .summary('lists the claim certificates, the oldest first')
    .description('Lists the claim certificates, the oldest first.')
    .addHelpText('after', '\nExample:\n  ew device claims')
    .action(async (_, command: Command) => {
      const { deployment, out } = await openRun(command);
      const certificates = await claimCertificates(claimCloud(deployment));
      const rows = certificates.map(({ certificateId, status, created, expires }) => [
        certificateId.slice(0, 16),
        status,
        created?.slice(0, 10) ?? 'unknown',
        expires?.slice(0, 10) ?? 'unknown',
      ]);
      out.answer(
        rows.length > 0
          ? table(['CERTIFICATE', 'STATUS', 'CREATED', 'EXPIRES'], rows)
          : ['no claim certificates: `ew device claim` makes one'],
        { certificates },
      );
    });

const certificateId = (text: string): string => {
  if (!/^[0-9a-f]{6,64}$/.test(text))
    throw new InvalidArgumentError('expected the first 6 or more of the 64 hexadecimal digits of a certificate.');
  return text;
};

export const claimRevokeCommand = (device: Command) =>
  device
    .command('claim-revoke')
    .summary('ends a claim certificate')
    .description(
      'Makes a claim certificate inactive: nobody gets a certificate with it any more. ' +
        'Devices that have one of their own keep it. May be repeated after an interruption.',
    )
    .argument('<certificate>', 'its id, or how it begins: `ew device claims`', certificateId)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew device claim-revoke 3f2a9c0d11aa --why "all devices are provisioned"')
    .action(async (prefix: string, { why }: { why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const cloud = claimCloud(deployment);
      const { iot, policyName } = cloud;
      const [found, other] = (await claimCertificates(cloud)).filter((each) => each.certificateId.startsWith(prefix));
      if (!found)
        throw new CommandFailed(`no claim certificate begins with ${prefix}; \`ew device claims\` lists them`);
      if (other) throw new CommandFailed(`several claim certificates begin with ${prefix}: give more digits`);
      const { certificateId: id, arn, status } = found;
      const deed = { who: deployment.who, action: 'device claim-revoke', subject: id, why };
      await audited(operatorDatabase(deployment), deed, { status }, async () => {
        await iot.send(new UpdateCertificateCommand({ certificateId: id, newStatus: 'INACTIVE' }));
        // Last: as long as it is attached, a repeated command finds it.
        await iot.send(new DetachPolicyCommand({ policyName, target: arn }));
        return { result: undefined, after: { status: 'INACTIVE' } };
      });
      out.answer([`claim certificate ${id.slice(0, 16)} is inactive`], { certificateId: id });
    });
