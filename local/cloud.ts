import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeCloudFile } from './cloud-file.ts';
import { usageFile } from './iam-usage.ts';
import { databaseConnections } from './services/cloudwatch/database-connections.ts';
import { emfReader } from './services/cloudwatch/emf.ts';
import { serviceMetrics } from './services/cloudwatch/service-metrics.ts';
import { type CloudWatch, startCloudWatch } from './services/cloudwatch.ts';
import { startCognito } from './services/cognito.ts';
import { runCustomResources } from './services/custom-resources.ts';
import { createDatabase } from './services/data-api/create-database.ts';
import { startDataApi } from './services/data-api.ts';
import { diskTrouble } from './services/disk-trouble.ts';
import { startDynamoDb } from './services/dynamodb.ts';
import type { Backoff } from './services/event-source/lane.ts';
import { type EventSources, startEventSources } from './services/event-source.ts';
import { createGuard, LOCAL_RUNNER, type RecordedRequest } from './services/iam/create-guard.ts';
import type { Credentials } from './services/iam/guard.ts';
import type { IamUsage } from './services/iam/usage.ts';
import type { IotCounters } from './services/iot/counters.ts';
import type { CertificateFiles } from './services/iot/key-files.ts';
import type { RuleRole } from './services/iot/rule-actions.ts';
import { startIot } from './services/iot.ts';
import { startKinesis } from './services/kinesis.ts';
import { startKms } from './services/kms.ts';
import { asyncInvocations } from './services/lambda/async-invoke.ts';
import { startLambda } from './services/lambda.ts';
import { startLambdaApi } from './services/lambda-api.ts';
import { checkLogKeys } from './services/log-groups.ts';
import { startPostgres } from './services/postgres.ts';
import { startS3 } from './services/s3.ts';
import { startScheduler } from './services/scheduler.ts';
import { startSecretsManager } from './services/secrets-manager.ts';
import { type PublishedNotice, startSns } from './services/sns.ts';
import { startDeadLetterQueues } from './services/sqs.ts';
import { startStepFunctions } from './services/step-functions.ts';
import type { TableCounters } from './services/timestream/table.ts';
import { startTimestream } from './services/timestream.ts';
import { compositeAlarmsOf, metricAlarmsOf } from './template/alarms.ts';
import { bucketsOf } from './template/buckets.ts';
import { userPoolsOf } from './template/cognito.ts';
import { customResourcesOf } from './template/custom-resources.ts';
import { type DatabaseDefinition, databaseOf } from './template/database.ts';
import { eventSourceMappingsOf } from './template/event-source-mappings.ts';
import { asyncInvokeConfigsOf, functionsOf } from './template/functions.ts';
import { OPERATOR, policiesOf } from './template/iam.ts';
import { ACCOUNT, REGION } from './template/identity.ts';
import {
  claimPolicyOf,
  devicePoliciesOf,
  provisioningTemplatesOf,
  thingTypesOf,
  topicRulesOf,
} from './template/iot.ts';
import { keysOf } from './template/kms.ts';
import { logGroupsOf } from './template/log-groups.ts';
import { queuesOf } from './template/queues.ts';
import { schedulesOf } from './template/schedules.ts';
import { secretsOf } from './template/secrets.ts';
import { stateMachinesOf } from './template/state-machines.ts';
import { streamsOf } from './template/streams.ts';
import { tablesOf } from './template/tables.ts';
import { loadTemplates } from './template/templates.ts';
import { timestreamTablesOf } from './template/timestream.ts';
import { topicsOf } from './template/topics.ts';
import { startWayIn } from './way-in.ts';

const WRITE_USAGE_EVERY_MS = 5000;

export interface LocalCloud {
  readonly iot: {
    readonly host: string;
    readonly port: number;
    /** The CA that a device must trust. */
    readonly caFile: string;
    /** Registers a thing with its facility past provisioning: measurements have hundreds of them. */
    registerDevice(device: { readonly thing: string; readonly facility: string }): Promise<CertificateFiles>;
  };
  /** The certificate that this machine's agents provision with; undefined when the templates have no policy for it. */
  readonly claim: CertificateFiles | undefined;
  /** URLs for SDK clients. */
  readonly endpoints: {
    readonly cloudwatch: string;
    /** The HTTP API alone, and console and API together; undefined when the templates have none. */
    readonly api: string | undefined;
    readonly console: string | undefined;
    readonly cognitoIdentityProvider: string;
    readonly dynamodb: string;
    readonly iot: string;
    readonly iotData: string;
    readonly kinesis: string;
    readonly kms: string;
    readonly lambda: string;
    readonly rdsData: string;
    readonly s3: string;
    readonly secretsManager: string;
    readonly sfn: string;
    readonly sns: string;
    readonly timestreamWrite: string;
  };
  readonly database: DatabaseDefinition;
  /** Who people act as: the operator, who may do what the templates' `OperatorPolicy` says. */
  readonly credentials: Credentials;
  /** Of this machine only, and without limits: reads back what a run has stored. */
  readonly runner: Credentials;
  /** Of a role or user of the templates, by its ARN. */
  credentialsOf(principalArn: string): Credentials;
  /** Which permissions of the templates were used so far, and what was refused. */
  iamUsage(): IamUsage;
  /** Resolves when every stream is read to its end, no function runs and no execution of a state machine is under way. */
  settled(): Promise<void>;
  /** Runs the schedule of close-periods now, and waits for its end. */
  closePeriods(): Promise<void>;
  /** Runs the schedule of verify-continuity now, and waits for its end. */
  checkContinuity(): Promise<void>;
  counters(): CloudCounters;
  /** What services and functions count, and the alarms on it. */
  readonly cloudwatch: Pick<CloudWatch, 'metrics' | 'evaluateNow'>;
  /** What was published to topics since the start, the newest last. */
  notices(): readonly PublishedNotice[];
  /** What goes wrong from now on; `{}` ends it. For proofs that nothing is lost. */
  disturb(by: Disturbance): void;
  /** Stops everything in reverse order and leaves no process. */
  stop(): Promise<void>;
}

export interface Disturbance {
  /** The Data API answers that the database is not available. */
  readonly databaseAway?: boolean;
  /** The streams take no records. */
  readonly streamsAway?: boolean;
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
  /** Records of the time-series store; all 0 without one. */
  readonly timeSeries: Readonly<TableCounters>;
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
  /** Port of the console. @default any free one */
  readonly consolePort?: number;
  /** Sees each request that was not decided before, for tests of the policies. */
  readonly onDecision?: (request: RecordedRequest) => void;
  /** Clock of streams and alarms, in milliseconds since 1970, for tests of what takes long. @default that of the machine */
  readonly now?: () => number;
  /** Pauses of event sources between attempts, for such tests. @default as Lambda's */
  readonly backoff?: Backoff;
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
  { assembly, dataDir, log, consolePort, onDecision, now = Date.now, backoff }: Parameters<typeof startCloud>[0],
  onStop: (end: () => unknown) => void,
): Promise<Omit<LocalCloud, 'stop'>> => {
  const templates = loadTemplates(assembly);
  log(`template: ${templates.resources.length} resources, each with a local service or a reason to need none`);
  mkdirSync(dataDir, { recursive: true });

  const usageKept = usageFile(dataDir);
  const guard = createGuard({
    account: ACCOUNT,
    policies: policiesOf(templates),
    earlier: usageKept.read(),
    ...(onDecision && { onDecision }),
  });
  const usageTrouble = diskTrouble('the record of used permissions', log);
  const writeUsage = () => usageTrouble.attempt(() => usageKept.write(guard.iamUsage()));
  const writing = setInterval(writeUsage, WRITE_USAGE_EVERY_MS);
  onStop(() => {
    clearInterval(writing);
    writeUsage();
  });
  const hasOperator = guard.statements.some(({ holder }) => holder === OPERATOR);
  const operator = guard.credentialsOf(hasOperator ? OPERATOR : LOCAL_RUNNER);
  log(
    `iam: ${guard.statements.length} statements${hasOperator ? '' : '; no OperatorPolicy, people may do everything'}`,
  );
  checkLogKeys(logGroupsOf(templates), guard);

  const metricAlarms = metricAlarmsOf(templates);
  const compositeAlarms = compositeAlarmsOf(templates);
  const cloudwatch = await startCloudWatch({
    dataDir,
    metricAlarms,
    compositeAlarms,
    guard,
    account: ACCOUNT,
    region: REGION,
    publish: async ({ alarmArn, ...publication }) => {
      sns.publish(publication, { arn: 'cloudwatch.amazonaws.com' }, { 'aws:SourceArn': alarmArn });
    },
    log,
    now,
  });
  onStop(cloudwatch.stop);
  const counts = serviceMetrics(cloudwatch.metrics);
  log(`cloudwatch: ${cloudwatch.endpoint}, ${metricAlarms.length + compositeAlarms.length} alarms`);

  const secrets = await startSecretsManager({
    dataDir: join(dataDir, 'secrets'),
    secrets: secretsOf(templates),
    guard,
  });
  onStop(secrets.stop);
  log(`secrets manager: ${secrets.endpoint}`);

  const database = databaseOf(templates);
  const owner = secrets.credentialsOf(database.ownerSecretArn);
  if (!owner) throw new Error(`secret ${database.ownerSecretArn} holds no user and password for the database's owner`);
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), log });
  onStop(postgres.stop);
  await createDatabase({ postgres, database: database.name, owner });
  const clusterIdentifier = database.clusterArn.split(':').at(-1)!;
  cloudwatch.sample(async () => counts.connections(clusterIdentifier, await databaseConnections(postgres)));
  log(`postgres: ${postgres.host}:${postgres.port}, database ${database.name}`);

  const dataApi = await startDataApi({
    postgres,
    clusters: [{ arn: database.clusterArn, database: database.name }],
    secretValue: secrets.credentialsOf,
    checkReader: secrets.checkReader,
    guard,
  });
  onStop(dataApi.stop);
  let disturbance: Disturbance = {};
  dataApi.setFault(() => (disturbance.databaseAway ? 'refuse' : undefined));
  log(`rds data api: ${dataApi.endpoint}`);

  const buckets = bucketsOf(templates);
  const s3 = await startS3({ dataDir: join(dataDir, 's3'), buckets, guard });
  onStop(s3.stop);
  log(`s3: ${s3.endpoint}, ${buckets.length} buckets`);

  const streams = streamsOf(templates);
  const kinesis = await startKinesis({
    dataDir,
    streams,
    guard,
    log,
    now,
    fault: ({ stream }) => {
      if (!disturbance.streamsAway) return undefined;
      counts.streamRefused(stream);
      return 'ProvisionedThroughputExceededException';
    },
  });
  onStop(kinesis.stop);
  for (const { name } of streams) {
    const ends = () => kinesis.stream(name).logs.reduce((sum, { end }) => sum + end, 0);
    let seen = ends();
    cloudwatch.sample(() => {
      const before = seen;
      seen = ends();
      counts.streamTook(name, seen - before);
    });
  }
  log(
    `kinesis: ${kinesis.endpoint}, ${streams.length} streams of ${streams.map((one) => one.shards).join(', ')} shards`,
  );

  const queues = await startDeadLetterQueues({ dataDir, queues: queuesOf(templates), guard });
  for (const { name, arn } of queuesOf(templates))
    cloudwatch.sample(async () => counts.queueLength(name, (await queues.messages(arn)).length));

  const tables = timestreamTablesOf(templates);
  const timestream = await startTimestream({ dataDir: join(dataDir, 'timestream'), tables, guard });
  onStop(timestream.stop);
  log(`timestream: ${timestream.endpoint}, ${tables.length} tables`);

  const kms = await startKms({ dataDir: join(dataDir, 'kms'), keys: keysOf(templates), guard });
  onStop(kms.stop);
  log(`kms: ${kms.endpoint}`);

  const dynamodb = await startDynamoDb({
    dataDir: join(dataDir, 'dynamodb'),
    account: ACCOUNT,
    tables: tablesOf(templates),
    guard,
  });
  onStop(dynamodb.stop);
  log(`dynamodb: ${dynamodb.endpoint}`);

  const topics = topicsOf(templates);
  const sns = await startSns({ dataDir, topics, guard, log });
  onStop(sns.stop);
  log(`sns: ${sns.endpoint}, ${topics.length} topics, notices in ${join(dataDir, 'notices.log')}`);

  const pools = userPoolsOf(templates);
  const cognito = await startCognito({ dataDir: join(dataDir, 'cognito'), pools, guard });
  onStop(cognito.stop);
  log(`cognito: ${cognito.endpoint}, ${pools.length} user pools`);

  const ofRule = ({ roleArn, ruleName }: RuleRole) =>
    guard.role(roleArn, {
      service: 'iot.amazonaws.com',
      sourceArn: `arn:aws:iot:${REGION}:${ACCOUNT}:rule/${ruleName}`,
    });
  const policies = devicePoliciesOf(templates);
  const claimPolicyName = claimPolicyOf(templates);
  const iot = await startIot({
    dataDir: join(dataDir, 'iot'),
    region: REGION,
    account: ACCOUNT,
    rules: topicRulesOf(templates),
    policies,
    thingTypes: thingTypesOf(templates),
    guard,
    templates: provisioningTemplatesOf(templates),
    ...(claimPolicyName !== undefined && { claimPolicyName }),
    invokeHook: (functionArn, event) => lambda.invoke(functionArn, event),
    losesMessages: () => disturbance.brokerLoses ?? false,
    count: counts.rule,
    putRecord: async (stream, key, data, as) => void (await kinesis.putRecord(stream, key, data, ofRule(as))),
    putObject: async (bucket, key, body, as) => void (await s3.putObject(bucket, key, body, ofRule(as))),
    log,
  });
  onStop(iot.stop);
  log(`iot core: mqtts://${iot.host}:${iot.port}, ${iot.endpoint}`);

  const machines = stateMachinesOf(templates);
  const stepFunctions = await startStepFunctions({
    dataDir,
    machines,
    lambda: { invoke: (functionArn, event) => lambda.invoke(functionArn, event) },
    guard,
    log,
    onExecution: ({ stateMachineArn, kind }) => {
      if (kind !== 'started') counts.executionEnded(stateMachineArn, kind);
    },
  });
  onStop(stepFunctions.stop);
  log(`step functions: ${stepFunctions.endpoint}, ${machines.length} state machines`);

  const endpoints = {
    cloudwatch: cloudwatch.endpoint,
    cognitoIdentityProvider: cognito.endpoint,
    dynamodb: dynamodb.endpoint,
    iot: iot.endpoint,
    iotData: iot.endpoint,
    kinesis: kinesis.endpoint,
    kms: kms.endpoint,
    rdsData: dataApi.endpoint,
    s3: s3.endpoint,
    secretsManager: secrets.endpoint,
    sfn: stepFunctions.endpoint,
    sns: sns.endpoint,
    timestreamWrite: timestream.endpoint,
  };
  /** As in `AWS_ENDPOINT_URL_<service>`. */
  const byService = {
    CLOUDWATCH: endpoints.cloudwatch,
    COGNITO_IDENTITY_PROVIDER: endpoints.cognitoIdentityProvider,
    DYNAMODB: endpoints.dynamodb,
    IOT: endpoints.iot,
    IOT_DATA_PLANE: endpoints.iotData,
    KINESIS: endpoints.kinesis,
    KMS: endpoints.kms,
    RDS_DATA: endpoints.rdsData,
    S3: endpoints.s3,
    SECRETS_MANAGER: endpoints.secretsManager,
    SFN: endpoints.sfn,
    SNS: endpoints.sns,
    TIMESTREAM_WRITE: endpoints.timestreamWrite,
  };
  const functions = functionsOf(templates);
  const lambda = startLambda({
    functions,
    dataDir,
    guard,
    log,
    throttled: (title) => disturbance.throttled?.includes(title) ?? false,
    onOutput: () => emfReader(cloudwatch.metrics.add),
    onInvocation: counts.invoked,
    endpoints: byService,
  });
  onStop(lambda.stop);
  onStop(stepFunctions.interrupt);
  const functionArns = functions.map(({ arn }) => arn);
  const lambdaApi = await startLambdaApi({ lambda, functionArns, guard });
  onStop(lambdaApi.stop);
  log(`lambda: ${lambdaApi.endpoint}, ${functions.length} functions, logs in ${join(dataDir, 'logs')}`);

  await runCustomResources({ dataDir, resources: customResourcesOf(templates), lambda, log });

  const onAnswer = counts.answered;
  const wayIn = await startWayIn({ templates, lambda, s3, cognito, guard, consolePort, onAnswer, onStop });
  if (wayIn.api !== undefined) log(`http api: ${wayIn.api}`);

  const mappings = eventSourceMappingsOf(templates);
  const eventSources = await startEventSources({
    dataDir,
    mappings,
    kinesis,
    lambda,
    failures: s3,
    observe: ({ id, target }) => counts.mapping(id, target),
    guard,
    log,
    now,
    ...(backoff && { backoff }),
  });
  onStop(eventSources.stop);
  for (const { target, streamArn, parallelizationFactor } of mappings)
    log(`event source of ${lambda.titleOf(target)}: ${kinesis.stream(streamArn).shards * parallelizationFactor} lanes`);

  const later = asyncInvocations({
    lambda,
    configs: asyncInvokeConfigsOf(templates),
    queues,
    log,
  });
  onStop(later.stop);
  const schedules = schedulesOf(templates);
  const scheduler = startScheduler({ schedules, lambda, invokeLater: later.invoke, guard, queues, log });
  onStop(scheduler.stop);
  for (const { expression, target } of schedules) log(`scheduler: ${lambda.titleOf(target)} at ${expression}`);

  stepFunctions.resume();

  const { host, port, caFile, claim } = iot;
  if (claim)
    onStop(
      writeCloudFile(dataDir, {
        region: REGION,
        accountId: ACCOUNT,
        endpoints: { ...byService, LAMBDA: lambdaApi.endpoint },
        iot: { host, port, caFile, claimCertificateFile: claim.certificateFile, claimKeyFile: claim.keyFile },
        outputs: templates.outputs(),
        credentials: operator,
      }),
    );

  cloudwatch.begin();
  // Between two steps of an execution no function runs.
  const quiet = () => eventSources.quiet && lambda.inFlight === 0 && stepFunctions.running === 0;
  return {
    iot: {
      host: iot.host,
      port: iot.port,
      caFile: iot.caFile,
      registerDevice: (device) => {
        const policy = policies.find(({ policyName }) => policyName !== claimPolicyName);
        if (!policy) throw new Error('the templates have no device policy');
        return iot.registerDevice({ ...device, policyName: policy.policyName });
      },
    },
    claim: iot.claim,
    endpoints: { ...endpoints, ...wayIn, lambda: lambdaApi.endpoint },
    database,
    credentials: operator,
    runner: guard.credentialsOf(LOCAL_RUNNER),
    credentialsOf: (principalArn) => guard.credentialsOf(principalArn),
    iamUsage: guard.iamUsage,
    settled: async () => {
      do {
        await eventSources.settled();
        if (!quiet()) await sleep(20);
      } while (!quiet());
    },
    closePeriods: () => scheduler.runNow(scheduleOf('close-periods')),
    checkContinuity: () => scheduler.runNow(scheduleOf('verify-continuity')),
    notices: sns.published,
    cloudwatch,
    disturb: (by) => {
      disturbance = by;
    },
    counters: () => {
      const counted = eventSources.counters();
      return {
        failedBatches: counted.reduce((sum, { discardedBatches }) => sum + discardedBatches, 0),
        eventSources: counted,
        iot: iot.counters(),
        timeSeries: timestream.counters(),
      };
    },
  };

  function scheduleOf(title: string): string {
    const schedule = schedules.find(({ target }) => lambda.titleOf(target) === title);
    if (!schedule) throw new Error(`the templates have no schedule that invokes ${title}`);
    return schedule.name;
  }
};
