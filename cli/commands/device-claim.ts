import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AttachPolicyCommand, CreateKeysAndCertificateCommand, IoTClient } from '@aws-sdk/client-iot';
import type { Command } from 'commander';
import { audited } from '#adapters/audited';
import { why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { givenPath } from '../given-path.ts';
import { wrapped } from '../output.ts';
import { openRun, operatorDatabase } from '../run.ts';

export const claimCommand = (device: Command) =>
  device
    .command('claim')
    .summary('makes a claim certificate')
    .description(
      'Makes a claim certificate and its key. New devices may share it: with it they can ask ' +
        'for a certificate of their own, and nothing else; only serial numbers on the ' +
        'allow-list get one. AWS keeps no copy of the key.',
    )
    .option('--out <dir>', 'folder for claim.pem and claim.key', '.')
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew device claim --out claim-2026')
    .action(async (options: { out: string; why?: string }, command: Command) => {
      const folder = givenPath(options.out);
      const certificateFile = join(folder, 'claim.pem');
      const keyFile = join(folder, 'claim.key');
      const { deployment, out } = await openRun(command);
      prepare(folder, [certificateFile, keyFile]);
      const policyName = deployment.output('Ingest', 'ClaimPolicyName');
      const iot = new IoTClient(deployment.clientConfig('IOT'));
      const deed = { who: deployment.who, action: 'device claim', subject: policyName, why: options.why };
      const certificateId = await audited(operatorDatabase(deployment), deed, null, async () => {
        const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
        // Before it may do anything: nobody can ask for this key again.
        write(keyFile, made.keyPair!.PrivateKey!);
        write(certificateFile, made.certificatePem!);
        await iot.send(new AttachPolicyCommand({ policyName, target: made.certificateArn! }));
        return { result: made.certificateId!, after: { certificateId: made.certificateId! } };
      });
      out.answer(
        wrapped(
          `claim certificate ${certificateId.slice(0, 16)} in ${certificateFile}, its key in ${keyFile}: keep the key secret`,
        ),
        { certificateId, certificateFile, keyFile },
      );
    });

/** Better now than when the key is there. */
const prepare = (folder: string, files: readonly string[]): void => {
  const existing = files.find((file) => existsSync(file));
  if (existing) throw new CommandFailed(`${existing} exists: name another folder with --out`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CommandFailed(`cannot make the folder ${folder}: ${(cause as Error).message}`, { cause });
  }
};

/** For its owner only, and never over a file that is there. */
const write = (file: string, content: string): void => writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
