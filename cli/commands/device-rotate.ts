import type { Command } from 'commander';
import { audited } from '#adapters/audited';
import { count, serialNumber, why } from '../arguments.ts';
import { certificatesOf, retireCertificate } from '../devices/certificates.ts';
import { deviceCloud, knownDevice } from '../devices/device-cloud.ts';
import { rotationJob, whenEnded } from '../devices/rotation-job.ts';
import { CommandFailed } from '../failure.ts';
import { openRun, operatorDatabase } from '../run.ts';
import { stopSignal } from '../stop.ts';

const POLL_MS = 1000;

export const rotateCommand = (device: Command) =>
  device
    .command('rotate')
    .summary('gives a device a new certificate')
    .description(
      'Has the agent of a device fetch a new certificate and waits until it is connected ' +
        'with it; then the old one becomes inactive. The agent goes on sending all the time. ' +
        'Interrupted, or out of time because the agent is offline, the job stays: repeat the ' +
        'command to go on waiting for it.',
    )
    .argument('<serial>', 'serial number of the device', serialNumber)
    .option('--wait <minutes>', 'wait at most so long for the agent', count, 15)
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew device rotate RPI4-0021 --why "yearly"')
    .action(async (serial: string, options: { wait: number; why?: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const stop = stopSignal();
      const { registry, iot, policyName } = deviceCloud(deployment);
      const before = await knownDevice(registry, serial);
      const { thing, state, certificateId } = before;
      if (state !== 'provisioned' || certificateId === undefined)
        throw new CommandFailed(
          `device ${serial} is ${state}: only one that is provisioned has a certificate to replace`,
        );
      const deed = { who: deployment.who, action: 'device rotate', subject: serial, why: options.why };
      const rotated = await audited(operatorDatabase(deployment), deed, before, async () => {
        const jobId = await rotationJob(iot, thing, certificateId);
        const job = await whenEnded(iot, thing, jobId, {
          deadline: Date.now() + options.wait * 60_000,
          everyMs: POLL_MS,
          stop,
          progress: ({ status }) =>
            out.progress(`job ${jobId}: ${status === 'QUEUED' ? 'waits for the agent' : 'the agent is at it'}`),
        });
        if (job.status === 'QUEUED' || job.status === 'IN_PROGRESS')
          throw new CommandFailed(
            `the agent of ${serial} has not finished within ${options.wait} minutes; job ${jobId} stays: repeat the command to go on waiting`,
          );
        if (job.status !== 'SUCCEEDED')
          throw new CommandFailed(
            `the agent of ${serial} keeps its old certificate: job ${jobId} is ${job.status}${job.reason === undefined ? '' : ` (${job.reason})`}`,
          );
        const after = await knownDevice(registry, serial);
        if (after.certificateId === undefined || after.certificateId === certificateId)
          throw new CommandFailed(
            `job ${jobId} succeeded, but the allow-list still has the old certificate of ${serial}: nothing was made inactive`,
          );
        const old = (await certificatesOf(iot, thing)).filter((each) => each.certificateId !== after.certificateId);
        for (const certificate of old) await retireCertificate(iot, { thingName: thing, policyName }, certificate);
        return { result: { after, retired: old.map((each) => each.certificateId) }, after };
      });
      out.answer(
        [
          `device ${serial} has certificate ${rotated.after.certificateId!.slice(0, 16)}; ${rotated.retired.length} old one(s) made inactive`,
        ],
        { device: rotated.after, retired: rotated.retired },
      );
    });
