import { mock } from 'node:test';
import { AwsError } from '../../../../local/services/aws-json.ts';
import { createGuard } from '../../../../local/services/iam/create-guard.ts';
import { startScheduler } from '../../../../local/services/scheduler.ts';
import { startDeadLetterQueues } from '../../../../local/services/sqs.ts';
import { policiesOf } from '../../../../local/template/iam.ts';
import { ACCOUNT } from '../../../../local/template/identity.ts';
import { queuesOf } from '../../../../local/template/queues.ts';
import { schedulesOf } from '../../../../local/template/schedules.ts';
import { loadTemplates } from '../../../../local/template/templates.ts';
import { eventually } from '../../eventually.ts';
import { withChanged } from '../change-template.ts';
import { type Folder, withStage } from '../stage.ts';

/**
 * A new console takes the place of another one. Then a migration that was changed after it was applied: the function
 * refuses it inside of a transaction.
 */
export const deploymentAgain = async (folder: Folder): Promise<void> => {
  withChanged(folder.assembly, 'Api', 'Custom::ConsoleFiles');
  await withStage(folder, async ({ database }) => {
    await database.execute(`update schema_migration set checksum = 'another'`);
  });
  withChanged(folder.assembly, 'Processing', 'Custom::DatabaseMigrations');
  const failure = await withStage(folder, async () => {}).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (!failure?.includes('was changed after it was applied'))
    throw new Error(`expected a failed migration: ${failure}`);
};

const DAY_MS = 86_400_000;

/** Lambda takes none of the invocations: Scheduler leaves the events in the dead-letter queues of the schedules. */
export const missedSchedules = async ({ assembly, dataDir, requests }: Folder): Promise<void> => {
  const templates = loadTemplates(assembly);
  const guard = createGuard({
    account: ACCOUNT,
    policies: policiesOf(templates),
    onDecision: (request) => requests.push(request),
  });
  const queues = await startDeadLetterQueues({ dataDir, queues: queuesOf(templates), guard });
  const schedules = schedulesOf(templates);
  const now = Date.now();
  mock.timers.enable({ apis: ['Date'], now });
  const scheduler = startScheduler({
    schedules,
    lambda: { invoke: () => Promise.reject(new Error('nothing is run now')) },
    invokeLater: () => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    },
    guard,
    queues,
  });
  // Whatever runs every few minutes or every day is due then.
  mock.timers.setTime(now + DAY_MS);
  for (const { deadLetterQueueArn } of schedules)
    await eventually(async () => (await queues.messages(deadLetterQueueArn!)).length > 0);
  scheduler.stop();
  mock.timers.reset();
};
