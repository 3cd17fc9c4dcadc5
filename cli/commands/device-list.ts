import { GetThingShadowCommand, IoTDataPlaneClient, ResourceNotFoundException } from '@aws-sdk/client-iot-data-plane';
import type { Command } from 'commander';
import { type AgentReport, agentReport } from '#core/contracts/agent-report';
import type { Device } from '#core/contracts/device';
import { facilityName, serialNumber } from '../arguments.ts';
import type { Deployment } from '../deployment.ts';
import { certificatesOf } from '../devices/certificates.ts';
import { deviceCloud, knownDevice } from '../devices/device-cloud.ts';
import { type Stray, straysOf, strayWarning } from '../devices/strays.ts';
import { facts, type Output, table } from '../output.ts';
import { openRun } from '../run.ts';

export const listCommand = (device: Command) =>
  device
    .command('list')
    .summary('lists the devices on the allow-list')
    .description('Lists the devices on the allow-list and what they may do.')
    .option('--facility <name>', 'only of this facility', facilityName)
    .addHelpText('after', '\nExample:\n  ew device list --facility 7953')
    .action(async ({ facility }: { facility?: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const { registry, iot } = deviceCloud(deployment);
      const devices = await (facility === undefined ? registry.list() : registry.ofFacility(facility));
      const all = facility === undefined ? devices : await registry.list();
      const strays = await straysOf(iot, devices, all, (asked) =>
        out.progress(`certificates of ${asked} of ${devices.length} devices`),
      );
      const rows = devices.map((each) => [each.serialNumber, each.state, each.facility, each.thing]);
      out.answer(
        rows.length > 0
          ? table(['SERIAL', 'STATE', 'FACILITY', 'THING'], rows)
          : ['no devices: `ew device register` puts the first on the list'],
        { devices, strays },
      );
      warn(out, strays, devices);
    });

const warn = (out: Output, strays: readonly Stray[], devices: readonly Device[]): void => {
  for (const stray of strays)
    out.note(strayWarning(stray, devices.find(({ serialNumber: serial }) => serial === stray.serialNumber)!));
};

/** What the agent last said of itself; undefined when it has said nothing that can be read. */
const reportOf = async ({ clientConfig }: Deployment, thingName: string): Promise<AgentReport | undefined> => {
  try {
    const client = new IoTDataPlaneClient(clientConfig('IOT_DATA_PLANE'));
    const { payload } = await client.send(new GetThingShadowCommand({ thingName }));
    const shadow = JSON.parse(Buffer.from(payload!).toString('utf8')) as { state?: { reported?: unknown } };
    return agentReport.safeParse(shadow.state?.reported).data;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
};

export const showCommand = (device: Command) =>
  device
    .command('show')
    .summary('shows a device and its certificates')
    .description('Shows a device, its certificates and what its agent last said of itself.')
    .argument('<serial>', 'serial number of the device', serialNumber)
    .addHelpText('after', '\nExample:\n  ew device show RPI4-0021')
    .action(async (serial: string, _, command: Command) => {
      const { deployment, out } = await openRun(command);
      const { registry, iot } = deviceCloud(deployment);
      const found = await knownDevice(registry, serial);
      const certificates = await certificatesOf(iot, found.thing);
      const report = await reportOf(deployment, found.thing);
      const lines = facts([
        ['device', serial],
        ['state', found.state],
        ['facility', found.facility],
        ['thing', found.thing],
        ['registered', `${found.registeredAt} by ${found.registeredBy}`],
        ...(found.provisionedAt ? [['provisioned', found.provisionedAt] as const] : []),
        ...(found.revokedAt ? [['revoked', found.revokedAt] as const] : []),
        ...certificates.map(
          ({ certificateId, status, expires }) =>
            ['certificate', `${certificateId.slice(0, 16)} ${status}, until ${expires ?? 'unknown'}`] as const,
        ),
        ['agent', report ? reportText(report) : 'has not reported'],
      ]);
      const strays = await straysOf(iot, [found], await registry.list());
      out.answer(lines, { device: found, certificates, report: report ?? null, strays });
      warn(out, strays, [found]);
    });

const reportText = ({ software, reportedAt, waiting, keptFrom, setAsideMinutes }: AgentReport): string =>
  [
    `${software} at ${reportedAt}`,
    waiting ? `${waiting.minutes} minutes wait, from ${waiting.from}` : 'nothing waits',
    keptFrom ? `minutes kept from ${keptFrom}` : 'no minutes kept',
    ...(setAsideMinutes > 0 ? [`${setAsideMinutes} minutes set aside`] : []),
  ].join('; ');
