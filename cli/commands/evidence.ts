import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Command } from 'commander';
import type { NoGapCertificate } from '#core/evidence/certificate';
import { coverage } from '../continuity/coverage.ts';
import { fingerprintOf, verifyCertificate } from '../evidence/verify-certificate.ts';
import { CommandFailed } from '../failure.ts';
import { givenPath } from '../given-path.ts';
import { facts, wrapped } from '../output.ts';
import { endWithNo, openRun, outputOf } from '../run.ts';

export const evidenceCommand = (program: Command): void => {
  const evidence = program.command('evidence').description('verifies signed statements of what is stored');
  verifyCommand(evidence);
  publicKeyCommand(evidence);
};

const verifyCommand = (evidence: Command) =>
  evidence
    .command('verify')
    .summary('verifies a no-gap certificate, offline')
    .description(
      'Verifies a no-gap certificate: its form, its sums, its digests and its signature. ' +
        'Needs no network and no deployment. Who signed it is only known with the public ' +
        'key that the operator of the plant has given out (`evidence public-key`).',
    )
    .argument('<file>', 'the certificate', givenPath)
    .option('--public-key <file>', 'the key that is trusted, PEM', givenPath)
    .addHelpText('after', '\nExample:\n  ew evidence verify certificate.json --public-key plant.pem')
    .action((file: string, { publicKey }: { publicKey?: string }, command: Command) => {
      const out = outputOf(command);
      const pinned = publicKey === undefined ? undefined : trustedKey(publicKey);
      const result = verifyCertificate(readText(file), pinned);
      if (!result.valid) {
        endWithNo();
        out.answer(wrapped(`NOT VALID: ${result.reason}`), result);
        return;
      }
      const { certificate, ...verdict } = result;
      const { range, facilities } = certificate.statement;
      const covered = coverage(range, facilities);
      out.answer([...summary(certificate), '', ...covered, '', ...wrapped(verdictOf(result.pinned))], {
        ...verdict,
        statement: certificate.statement,
      });
    });

const summary = ({ statement }: NoGapCertificate): string[] => {
  const { range, facilities, key } = statement;
  const sources = facilities.reduce((sum, facility) => sum + facility.sources.length, 0);
  return facts([
    ['facilities', facilities.map(({ facility, planRevision }) => `${facility} (plan ${planRevision})`).join(', ')],
    ['sources', String(sources)],
    ['range', `from ${range.from} until ${range.until}`],
    ['expected', `${statement.expectedMinutes} source-minutes, none of them missing`],
    ['stored', `${statement.storedMinutes} source-minutes`],
    ['analyser down', `${statement.analyserDownMinutes} source-minutes`],
    ['declared outages', `${statement.declaredOutageMinutes} source-minutes`],
    ['digest', statement.digest],
    ['issued', `${statement.issuedAt} by EmissionWatch ${statement.softwareVersion}`],
    ['key', key.id],
    ['fingerprint', key.fingerprint],
  ]);
};

const verdictOf = (pinned: boolean): string =>
  pinned
    ? 'VALID: signed by the trusted key, and unchanged since'
    : 'VALID, but the key is only what the certificate itself says: compare the fingerprint with the one that the ' +
      'operator of the plant has given out, or give their key with --public-key';

const publicKeyCommand = (evidence: Command) =>
  evidence
    .command('public-key')
    .summary('prints the public key that verifies certificates')
    .description(
      'Prints the public key of the deployment as PEM. Give it, or its fingerprint, to ' +
        'whoever is to verify certificates, in another way than the certificates.',
    )
    .addHelpText('after', '\nExample:\n  ew evidence public-key > plant.pem')
    .action(async (_, command: Command) => {
      const { deployment, out } = await openRun(command);
      const client = new KMSClient(deployment.clientConfig('KMS'));
      const { KeyId, PublicKey } = await client.send(
        new GetPublicKeyCommand({ KeyId: deployment.output('Storage', 'EvidenceKeyArn') }),
      );
      client.destroy();
      const key = createPublicKey({ key: Buffer.from(PublicKey!), type: 'spki', format: 'der' });
      const pem = key.export({ type: 'spki', format: 'pem' }).toString();
      const fingerprint = fingerprintOf(key);
      out.note(`key ${KeyId}`);
      out.note(`fingerprint ${fingerprint}`);
      out.answer(pem.trimEnd().split('\n'), { key: KeyId, fingerprint, publicKey: pem });
    });

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CommandFailed(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
};

const trustedKey = (file: string): KeyObject => {
  const text = readText(file);
  try {
    return createPublicKey(text);
  } catch (cause) {
    throw new CommandFailed(`${file} is no public key in PEM: \`ew evidence public-key\` writes one`, { cause });
  }
};
