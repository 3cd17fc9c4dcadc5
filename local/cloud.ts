import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCustomResources } from './services/custom-resources.ts';
import { createDatabase } from './services/data-api/create-database.ts';
import { startDataApi } from './services/data-api.ts';
import { type EventSources, startEventSources } from './services/event-source.ts';
import type { IotCounters } from './services/iot/counters.ts';
import type { CertificateFiles } from './services/iot/key-files.ts';
import { startIot } from './services/iot.ts';
import { startKinesis } from './services/kinesis.ts';
import { asyncInvocations } from './services/lambda/async-invoke.ts';
import { startLambda } from './services/lambda.ts';
import { startPostgres } from './services/postgres.ts';
import { startS3 } from './services/s3.ts';
import { startScheduler } from './services/scheduler.ts';
import { startSecretsManager } from './services/secrets-manager.ts';
import { startDeadLetterQueues } from './services/sqs.ts';
import { bucketsOf } from './template/buckets.ts';
import { customResourcesOf } from './template/custom-resources.ts';
import { type DatabaseDefinition, databaseOf } from './template/database.ts';
import { eventSourceMappingsOf } from './template/event-source-mappings.ts';
import { asyncInvokeConfigsOf, functionsOf } from './template/functions.ts';
import { ACCOUNT, REGION } from './template/identity.ts';
import { devicePoliciesOf, thingTypesOf, topicRulesOf } from './template/iot.ts';
import { queuesOf } from './template/queues.ts';
import { schedulesOf } from './template/schedules.ts';
import { secretsOf } from './template/secrets.ts';
import { streamsOf } from './template/streams.ts';
import { loadTemplates } from './template/templates.ts';

export interface LocalCloud {
  readonly iot: {
    readonly host: string;
    readonly port: number;
    /** The CA that a device must trust. */
    readonly caFile: string;
    /** Registers a thing with its facility and gives it the device policy. */
    registerDevice(device: { readonly thing: string; readonly facility: string }): Promise<CertificateFiles>;
  };
  /** URLs for SDK clients. */
  readonly endpoints: {
    readonly kinesis: string;
    readonly rdsData: string;
    readonly s3: string;
    readonly secretsManager: string;
  };
  readonly database: DatabaseDefinition;
  /** Resolves when every stream is read to its end and nothing is in flight anywhere. */
  settled(): Promise<void>;
  /** Runs the schedule of close-periods now, and waits for its end. */
  closePeriods(): Promise<void>;
  counters(): CloudCounters;
  /** What goes wrong from now on; `{}` ends it. For proofs that nothing is lost. */
  disturb(by: Disturbance): void;
  /** Stops everything in reverse order and leaves no process. */
  stop(): Promise<void>;
}

export interface Disturbance {
  /** The Data API answers that the database is not available. */
  readonly databaseAway?: boolean;
  /** The broker acknowledges messages and loses them. */
  readonly brokerLoses?: boolean;
  /** Titles of functions that are throttled whatever is reserved for them. */
  readonly throttled?: readonly string[];
}

export interface CloudCounters {
  /** Batches of records that ran out of retries. They lie in the bucket for failed batches. */
  readonly failedBatches: number;
  readonly eventSources: ReturnType<EventSources['counters']>;
  readonly iot: Readonly<IotCounters>;
}

/**
 * Starts the stacks of a cloud assembly on this machine, on loopback only, with its data in `dataDir`.
 *
 * @throws Error when a template has something that no local service runs, or a part does not start; what had been
 * started by then is stopped again
 */
export const startCloud = async (options: {
  readonly assembly: string;
  readonly dataDir: string;
  readonly log: (line: string) => void;
}): Promise<LocalCloud> => {
  const started: (() => unknown)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (let end = started.pop(); end; end = started.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, `the local cloud did not stop in order: ${failures[0]}`);
  };
  try {
    return { ...(await start(options, (end) => started.push(end))), stop };
  } catch (error) {
    await stop().catch((further: unknown) => options.log(String(further)));
    throw error;
  }
};

const start = async (
  { assembly, dataDir, log }: Parameters<typeof startCloud>[0],
  onStop: (end: () => unknown) => void,
): Promise<Omit<LocalCloud, 'stop'>> => {
  const templates = loadTemplates(assembly);
  log(`template: ${templates.resources.length} resources, each with a local service or a reason to need none`);
  mkdirSync(dataDir, { recursive: true });

  const secrets = await startSecretsManager({ dataDir: join(dataDir, 'secrets'), secrets: secretsOf(templates) });
  onStop(secrets.stop);
  log(`secrets manager: ${secrets.endpoint}`);

  const database = databaseOf(templates);
  const owner = secrets.credentialsOf(database.ownerSecretArn);
  if (!owner) throw new Error(`secret ${database.ownerSecretArn} holds no user and password for the database's owner`);
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), log });
  onStop(postgres.stop);
  await createDatabase({ postgres, database: database.name, owner });
  log(`postgres: ${postgres.host}:${postgres.port}, database ${database.name}`);

  const dataApi = await startDataApi({
    postgres,
    clusters: [{ arn: database.clusterArn, database: database.name }],
    secretValue: secrets.credentialsOf,
  });
  onStop(dataApi.stop);
  let disturbance: Disturbance = {};
  dataApi.setFault(() => (disturbance.databaseAway ? 'refuse' : undefined));
  log(`rds data api: ${dataApi.endpoint}`);

  const buckets = bucketsOf(templates);
  const s3 = await startS3({ dataDir: join(dataDir, 's3'), buckets });
  onStop(s3.stop);
  log(`s3: ${s3.endpoint}, ${buckets.length} buckets`);

  const streams = streamsOf(templates);
  const kinesis = await startKinesis({ dataDir, streams, log });
  onStop(kinesis.stop);
  log(
    `kinesis: ${kinesis.endpoint}, ${streams.length} streams of ${streams.map((one) => one.shards).join(', ')} shards`,
  );

  const queues = await startDeadLetterQueues({ dataDir, queues: queuesOf(templates) });

  const endpoints = {
    kinesis: kinesis.endpoint,
    rdsData: dataApi.endpoint,
    s3: s3.endpoint,
    secretsManager: secrets.endpoint,
  };
  const functions = functionsOf(templates);
  const lambda = startLambda({
    functions,
    dataDir,
    log,
    throttled: (title) => disturbance.throttled?.includes(title) ?? false,
    endpoints: {
      KINESIS: endpoints.kinesis,
      RDS_DATA: endpoints.rdsData,
      S3: endpoints.s3,
      SECRETS_MANAGER: endpoints.secretsManager,
    },
  });
  onStop(lambda.stop);
  log(`lambda: ${functions.length} functions, logs in ${join(dataDir, 'logs')}`);

  await runCustomResources({ dataDir, resources: customResourcesOf(templates), lambda, log });

  const mappings = eventSourceMappingsOf(templates);
  const eventSources = await startEventSources({ dataDir, mappings, kinesis, lambda, putObject: s3.putObject, log });
  onStop(eventSources.stop);
  for (const { target, streamArn, parallelizationFactor } of mappings)
    log(`event source of ${lambda.titleOf(target)}: ${kinesis.stream(streamArn).shards * parallelizationFactor} lanes`);

  const later = asyncInvocations({
    lambda,
    configs: asyncInvokeConfigsOf(templates),
    sendToQueue: queues.send,
    log,
  });
  onStop(later.stop);
  const schedules = schedulesOf(templates);
  const scheduler = startScheduler({ schedules, lambda, invokeLater: later.invoke });
  onStop(scheduler.stop);
  for (const { expression, target } of schedules) log(`scheduler: ${lambda.titleOf(target)} at ${expression}`);

  const policies = devicePoliciesOf(templates);
  const iot = await startIot({
    dataDir: join(dataDir, 'iot'),
    region: REGION,
    account: ACCOUNT,
    rules: topicRulesOf(templates),
    policies,
    thingTypes: thingTypesOf(templates),
    losesMessages: () => disturbance.brokerLoses ?? false,
    putRecord: async (stream, partitionKey, data) => void (await kinesis.putRecord(stream, partitionKey, data)),
    putObject: async (bucket, key, body) => void (await s3.putObject(bucket, key, body)),
    log,
  });
  onStop(iot.stop);
  log(`iot core: mqtts://${iot.host}:${iot.port}`);

  const quiet = () => eventSources.quiet && lambda.inFlight === 0;
  return {
    iot: {
      host: iot.host,
      port: iot.port,
      caFile: iot.caFile,
      registerDevice: (device) => {
        const [policy, ...others] = policies;
        if (!policy || others.length > 0) {
          throw new Error(`the templates have ${policies.length} device policies, a device gets the only one`);
        }
        return iot.registerDevice({ ...device, policyName: policy.policyName });
      },
    },
    endpoints,
    database,
    settled: async () => {
      do {
        await eventSources.settled();
        if (!quiet()) await sleep(20);
      } while (!quiet());
    },
    closePeriods: () => scheduler.runNow(closePeriodsSchedule()),
    disturb: (by) => {
      disturbance = by;
    },
    counters: () => {
      const counted = eventSources.counters();
      return {
        failedBatches: counted.reduce((sum, { discardedBatches }) => sum + discardedBatches, 0),
        eventSources: counted,
        iot: iot.counters(),
      };
    },
  };

  function closePeriodsSchedule(): string {
    const schedule = schedules.find(({ target }) => lambda.titleOf(target) === 'close-periods');
    if (!schedule) throw new Error('the templates have no schedule that invokes close-periods');
    return schedule.name;
  }
};
