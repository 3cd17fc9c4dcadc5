import { S3Client } from '@aws-sdk/client-s3';
import { type Command, Option } from 'commander';
import { audited } from '#adapters/audited';
import { s3Objects } from '#adapters/s3-objects';
import { time, why } from '../arguments.ts';
import { wrapped } from '../output.ts';
import { recoveryOf } from '../recovery/ask-function.ts';
import { failedObjects, PREFIXES, type PrefixName } from '../recovery/failed-objects.ts';
import { type RedriveResult, redrive } from '../recovery/redrive.ts';
import { endWithNo, openRun, operatorDatabase } from '../run.ts';
import { reportInterrupted, stopSignal } from '../stop.ts';

interface RedriveOptions {
  readonly dryRun?: boolean;
  readonly since?: string;
  readonly prefix?: PrefixName;
  readonly why?: string;
}

export const redriveCommand = (program: Command) =>
  program
    .command('redrive')
    .summary('puts failed messages and batches back on their streams')
    .description(
      'Puts back what ran out of retries, oldest first: messages that the stream refused ' +
        '(iot-failed) and batches that a function could not process (batches). Each object ' +
        'moves to redriven/ once all of its records are accepted. It may be interrupted and ' +
        'repeated: a record that arrives twice changes nothing. Remove the cause first.',
    )
    .option('--dry-run', 'read everything, say what would go back, and change nothing')
    .option('--since <time>', 'only what failed at this day or time, UTC, or later', time)
    .addOption(new Option('--prefix <kind>', 'only messages, or only batches').choices(Object.keys(PREFIXES)))
    .addOption(why())
    .addHelpText('after', '\nExamples:\n  ew redrive --dry-run\n  ew redrive --prefix batches --since 2026-03-01')
    .action(async ({ dryRun = false, since, prefix, why: reason }: RedriveOptions, command: Command) => {
      const { deployment, out } = await openRun(command);
      const stop = stopSignal();
      const bucket = s3Objects(
        deployment.output('Storage', 'FailedBucketName'),
        new S3Client(deployment.clientConfig('S3')),
      );
      const names = prefix ? [prefix] : (Object.keys(PREFIXES) as PrefixName[]);
      const objects = await failedObjects(bucket, names, since ? Date.parse(since) : 0);
      stop.throwIfAborted();
      out.progress(`${objects.length} objects to put back`);
      const work = () =>
        redrive(objects, {
          ask: recoveryOf(deployment, stop),
          dryRun,
          stop,
          progress: ({ redriven, failures, gone }) =>
            out.progress(`${redriven + failures.length + gone} of ${objects.length} objects`),
        });
      const deed = { who: deployment.who, action: 'redrive', subject: prefix ?? 'all', why: reason };
      const result =
        dryRun || objects.length === 0
          ? await work()
          : await audited(operatorDatabase(deployment), deed, { objects: objects.length }, async () => {
              const done = await work();
              const { redriven, records, failures, notTried } = done;
              return { result: done, after: { redriven, records, failed: failures.length, notTried } };
            });
      out.answer(summary(result, dryRun), { dryRun, objects: objects.length, ...result });
      if (stop.aborted) reportInterrupted();
      else if (result.failures.length > 0 || result.notTried > 0) endWithNo();
    });

const summary = ({ redriven, records, gone, failures, notTried }: RedriveResult, dryRun: boolean): string[] => [
  ...failures.flatMap(({ key, why: reason }) => [
    `not put back: ${key}`,
    ...wrapped(reason, 78).map((line) => `  ${line}`),
  ]),
  ...(redriven + gone + failures.length + notTried === 0
    ? ['nothing to put back']
    : [`${redriven} object(s) with ${records} record(s) ${dryRun ? 'would go' : 'went'} back on their streams`]),
  ...(gone > 0 ? [`${gone} object(s) were moved meanwhile by somebody else`] : []),
  ...(failures.length > 0 ? [`${failures.length} object(s) could not be put back`] : []),
  ...(notTried > 0 ? [`${notTried} object(s) were not tried; repeat the command for them`] : []),
];
