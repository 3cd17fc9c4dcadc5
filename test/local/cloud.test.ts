import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { type LocalCloud, startCloud } from '../../local/cloud.ts';
import { lambdaFunction, ROLE, writeAssembly } from './assembly.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

/** Puts each record of a batch, and its own mark, on the next stream, without an SDK. */
const forward = `
  export const handler = async (event) => {
    const records = (event.Records ?? [{ kinesis: { partitionKey: 'closing', data: '' } }]).map(({ kinesis }) => ({
      PartitionKey: kinesis.partitionKey,
      Data: Buffer.from(Buffer.from(kinesis.data, 'base64') + process.env.MARK).toString('base64'),
    }));
    const response = await fetch(process.env.AWS_ENDPOINT_URL_KINESIS, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Kinesis_20131202.PutRecords',
        'authorization': 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/',
        'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
      },
      body: JSON.stringify({ StreamName: process.env.STREAM, Records: records }),
    });
    if (!response.ok) throw new Error(await response.text());
  };`;
const print = `
  export const handler = async ({ Records }) => {
    for (const { kinesis } of Records) console.log(Buffer.from(kinesis.data, 'base64').toString());
  };`;
const provide = `
  export const handler = async (event) => {
    const { Status, Reason } = event.ResourceProperties;
    await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify({ Status, Reason, PhysicalResourceId: 'x' }) });
  };`;

const stream = { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1 } };
const mapping = (source: string, target: string) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    FunctionName: { Ref: target },
    EventSourceArn: { 'Fn::GetAtt': [source, 'Arn'] },
    StartingPosition: 'TRIM_HORIZON',
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Failed', 'Arn'] } } },
  },
});
const environment = (mark: string, to: string, title = mark) => ({
  Timeout: 20,
  Environment: { Variables: { MARK: mark, STREAM: { Ref: to }, POWERTOOLS_SERVICE_NAME: title } },
});

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
/** What the one role of these functions, mappings and schedules needs. */
const NEEDED = [
  { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' },
  {
    Action: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:ListShards',
      'kinesis:GetShardIterator',
      'kinesis:GetRecords',
    ],
    Resource: [arnOf('First'), arnOf('Second')],
  },
  { Action: 's3:ListBucket', Resource: arnOf('Failed') },
  { Action: 'kinesis:PutRecords', Resource: arnOf('Second') },
  { Action: 'lambda:InvokeFunction', Resource: arnOf('Close') },
];
const may = {
  Type: 'AWS::IAM::Policy',
  Properties: {
    PolicyName: 'May',
    PolicyDocument: { Version: '2012-10-17', Statement: NEEDED.map((one) => ({ Effect: 'Allow', ...one })) },
    Roles: [{ Ref: 'Role' }],
  },
};

/** Two streams, a function between them, one that prints what arrives, a schedule, a database, a device policy. */
const assembly = (provided: { Status: string; Reason?: string } = { Status: 'SUCCESS' }) =>
  writeAssembly(
    {
      App: {
        Resources: {
          ...ROLE,
          May: may,
          First: stream,
          Second: stream,
          Failed: { Type: 'AWS::S3::Bucket', Properties: {} },
          Owner: {
            Type: 'AWS::SecretsManager::Secret',
            Properties: {
              GenerateSecretString: {
                SecretStringTemplate: '{"username":"owner"}',
                GenerateStringKey: 'password',
                ExcludePunctuation: true,
              },
            },
          },
          Cluster: {
            Type: 'AWS::RDS::DBCluster',
            Properties: {
              Engine: 'aurora-postgresql',
              DatabaseName: 'plant',
              EnableHttpEndpoint: true,
              MasterUserPassword: {
                'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'Owner' }, ':SecretString:password::}}']],
              },
            },
          },
          Forward: lambdaFunction('forward', environment('-forwarded', 'Second')),
          Print: lambdaFunction('print', environment('', 'Second', 'print')),
          Close: lambdaFunction('forward', environment('closed', 'Second', 'close-periods')),
          FromFirst: mapping('First', 'Forward'),
          FromSecond: mapping('Second', 'Print'),
          Hourly: {
            Type: 'AWS::Scheduler::Schedule',
            Properties: {
              ScheduleExpression: 'rate(1 hour)',
              FlexibleTimeWindow: { Mode: 'OFF' },
              Target: { Arn: { 'Fn::GetAtt': ['Close', 'Arn'] }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } },
            },
          },
          Device: {
            Type: 'AWS::IoT::Policy',
            Properties: {
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  { Effect: 'Allow', Action: 'iot:Connect', Resource: 'arn:aws:iot:us-east-1:000000000000:client/x' },
                ],
              },
            },
          },
          Provide: lambdaFunction('provide', { Timeout: 20 }),
          Provided: {
            Type: 'Custom::Probe',
            Properties: { ServiceToken: { 'Fn::GetAtt': ['Provide', 'Arn'] }, ...provided },
          },
        },
      },
    },
    { code: { forward, print, provide } },
  );

const region = 'us-east-1';

const start = async (dataDir: string, folder = assembly()) => {
  const lines: string[] = [];
  const cloud = await startCloud({ assembly: folder, dataDir, log: (line) => lines.push(line) });
  afterTest(() => cloud.stop());
  return { cloud, lines };
};

const put = async ({ endpoints, runner }: LocalCloud, text: string) => {
  const client = new KinesisClient({
    endpoint: endpoints.kinesis,
    region,
    credentials: runner,
    requestHandler: new NodeHttpHandler(),
  });
  await client.send(new PutRecordCommand({ StreamName: 'App-First', PartitionKey: '3', Data: Buffer.from(text) }));
  client.destroy();
};
const printed = (dataDir: string) => readFileSync(join(dataDir, 'logs/print.log'), 'utf8').trim().split('\n');

/** Processes that this one has started and that still run. */
const children = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      // pid (command) state parent ...
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return parent === String(process.pid) && state !== 'Z';
    } catch {
      return false; // no process, or it has ended meanwhile
    }
  });

describe('local cloud', () => {
  it('runs a template from its streams through its functions, and goes on with its data after a restart', async () => {
    const before = children();
    const dataDir = temporaryFolder();
    const first = await start(dataDir);
    expect(first.lines.map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining([
        'template',
        'postgres',
        'rds data api',
        's3',
        'kinesis',
        'lambda',
        'scheduler',
        'iot core',
      ]),
    );
    await put(first.cloud, 'minute 1');
    await first.cloud.settled();
    await first.cloud.closePeriods();
    await first.cloud.settled();
    await eventually(() => printed(dataDir).length === 2);
    expect(printed(dataDir)).toEqual(['minute 1-forwarded', 'closed']);
    expect(first.cloud.counters()).toMatchObject({
      failedBatches: 0,
      eventSources: [
        { function: '-forwarded', stream: 'App-First', records: 1 },
        { function: 'print', stream: 'App-Second', records: 2 },
      ],
    });

    const { clusterArn, ownerSecretArn, name } = first.cloud.database;
    const database = new RDSDataClient({
      endpoint: first.cloud.endpoints.rdsData,
      region,
      credentials: first.cloud.runner,
    });
    const { records } = await database.send(
      new ExecuteStatementCommand({
        resourceArn: clusterArn,
        secretArn: ownerSecretArn,
        database: name,
        sql: 'select current_user, current_database()',
      }),
    );
    database.destroy();
    expect(records).toEqual([[{ stringValue: 'owner' }, { stringValue: 'plant' }]]);

    const { certificateFile, keyFile } = await first.cloud.iot.registerDevice({ thing: 'x', facility: '3' });
    expect(readFileSync(certificateFile, 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(readFileSync(keyFile, 'utf8')).toContain('PRIVATE KEY');

    await first.cloud.stop();
    await eventually(() => children().every((pid) => before.includes(pid)));
    const second = await start(dataDir);
    expect(second.lines.join('\n')).toContain('custom resource Custom::Probe: unchanged');
    await put(second.cloud, 'minute 2');
    await second.cloud.settled();
    await eventually(() => printed(dataDir).length === 3);
    expect(printed(dataDir)).toEqual(['minute 1-forwarded', 'closed', 'minute 2-forwarded']);
  });

  it('refuses who has no credentials of it, and a role what its policies do not allow', async () => {
    const { cloud } = await start(temporaryFolder());
    const { endpoints, database } = cloud;
    const stranger = { accessKeyId: 'ASIA0000000000000000', secretAccessKey: 'x', sessionToken: 'x' };
    const role = cloud.credentialsOf('arn:aws:iam::000000000000:role/App-Role');
    const calls = (credentials: typeof stranger) => {
      const config = { region, credentials, maxAttempts: 1 };
      const requestHandler = new NodeHttpHandler();
      const secret = { SecretId: database.ownerSecretArn };
      const statement = { resourceArn: database.clusterArn, secretArn: database.ownerSecretArn, sql: 'select 1' };
      const record = { StreamName: 'App-First', PartitionKey: '3', Data: Buffer.from('x') };
      return [
        new KinesisClient({ ...config, endpoint: endpoints.kinesis, requestHandler }).send(
          new PutRecordCommand(record),
        ),
        new RDSDataClient({ ...config, endpoint: endpoints.rdsData }).send(new ExecuteStatementCommand(statement)),
        new SecretsManagerClient({ ...config, endpoint: endpoints.secretsManager }).send(
          new GetSecretValueCommand(secret),
        ),
        new S3Client({ ...config, endpoint: endpoints.s3 }).send(
          new PutObjectCommand({ Bucket: 'app-failed', Key: 'a', Body: 'x' }),
        ),
      ];
    };
    const failures = async (answers: readonly Promise<unknown>[]): Promise<(Error | undefined)[]> =>
      (await Promise.allSettled(answers)).map((one) => (one.status === 'rejected' ? one.reason : undefined));
    const namesOf = (errors: readonly (Error | undefined)[]) => errors.map((error) => error?.name);

    const unknown = 'UnrecognizedClientException';
    expect(namesOf(await failures(calls(stranger)))).toEqual([unknown, unknown, unknown, 'InvalidAccessKeyId']);
    const denied = 'AccessDeniedException';
    const refused = await failures(calls(role));
    expect(namesOf(refused)).toEqual([denied, denied, denied, 'AccessDenied']);
    expect(refused[0]!.message).toBe(
      'User: arn:aws:iam::000000000000:role/App-Role is not authorized to perform: kinesis:PutRecord on resource: ' +
        'arn:aws:kinesis:us-east-1:000000000000:stream/App-First because no identity-based policy allows the kinesis:PutRecord action',
    );
    expect(await failures(calls(cloud.runner))).toEqual([undefined, undefined, undefined, undefined]);
    expect(cloud.iamUsage().refusals.map(({ action }) => action)).toContain('kinesis:PutRecord');
  });

  it('stops what it had started when a later part fails, and says why', async () => {
    const before = children();
    const dataDir = temporaryFolder();
    const folder = assembly({ Status: 'FAILED', Reason: 'the schema is newer than the code' });
    await expect(startCloud({ assembly: folder, dataDir, log: () => {} })).rejects.toThrow(
      'Create of custom resource App/Provided (Custom::Probe) failed: the schema is newer than the code',
    );
    await eventually(() => children().every((pid) => before.includes(pid)));
  });
});
