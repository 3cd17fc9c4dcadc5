import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Iot, type IotOptions, startIot } from '../../../local/services/iot.ts';
import { connectRaw, type RawClient, type RawClientOptions } from './raw-client.ts';

export const REGION = 'us-east-1';
export const ACCOUNT = '123456789012';
const ARN = `arn:aws:iot:${REGION}:${ACCOUNT}`;

export const INGEST_RULE = {
  ruleName: 'ingest',
  awsIotSqlVersion: '2016-03-23',
  sql: `SELECT encode(*, 'base64') AS payload, topic(3) AS facility, topic(4) AS thing, timestamp() AS received FROM 'emissionwatch/v1/+/+/minutes'`,
  kinesisAction: { streamName: 'measurements', partitionKey: `\${topic(3)}`, roleArn: 'writer' },
  errorAction: {
    s3: { bucketName: 'landing', key: `failed/\${topic(3)}/\${timestamp()}-\${newuuid()}`, roleArn: 'keeper' },
  },
} as const;

const thing = `\${iot:Connection.Thing.ThingName}`;
const facility = `\${iot:Connection.Thing.Attributes[facility]}`;

/** One device: connects as itself, publishes for its facility, listens to its own commands. */
export const DEVICE_POLICY = {
  policyName: 'device',
  document: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'iot:Connect',
        Resource: `${ARN}:client/${thing}`,
        Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
      },
      {
        Effect: 'Allow',
        Action: 'iot:Publish',
        Resource: [
          `${ARN}:topic/$aws/rules/*/emissionwatch/v1/${facility}/${thing}/minutes`,
          `${ARN}:topic/emissionwatch/v1/${facility}/${thing}/*`,
        ],
      },
      {
        Effect: 'Allow',
        Action: 'iot:Subscribe',
        Resource: `${ARN}:topicfilter/emissionwatch/v1/${facility}/${thing}/*`,
      },
      { Effect: 'Allow', Action: 'iot:Receive', Resource: `${ARN}:topic/emissionwatch/v1/${facility}/${thing}/*` },
    ],
  },
} as const;

/** A policy that allows everything, where a test is not about policies. */
export const allowAll = (policyName: string) => ({
  policyName,
  document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] },
});

export interface TestIot extends Iot {
  readonly dataDir: string;
  readonly records: { readonly stream: string; readonly key: string; readonly data: Record<string, unknown> }[];
  readonly objects: { readonly bucket: string; readonly key: string; readonly body: Record<string, unknown> }[];
  readonly lines: string[];
  /** Registers a device and connects it as itself, unless told otherwise. */
  device(thing: string, facility: string, options?: Partial<RawClientOptions>): Promise<RawClient>;
  /** Stops everything and removes the data. */
  dispose(): Promise<void>;
}

const parsed = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;

/** IoT Core over a stream and a bucket that are lists. */
export const startTestIot = async (overrides: Partial<IotOptions> = {}): Promise<TestIot> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emissionwatch-iot-'));
  const records: TestIot['records'] = [];
  const objects: TestIot['objects'] = [];
  const lines: string[] = [];
  const clients: RawClient[] = [];
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  const iot = await startIot({
    dataDir,
    region: REGION,
    account: ACCOUNT,
    rules: [INGEST_RULE],
    policies: [DEVICE_POLICY],
    thingTypes: [{ thingTypeName: 'edge-agent' }],
    putRecord: async (stream, key, data) => void records.push({ stream, key, data: parsed(data) }),
    putObject: async (bucket, key, body) => void objects.push({ bucket, key, body: parsed(body) }),
    log: (line) => lines.push(line),
    ...overrides,
  }).catch((error: unknown) => {
    remove();
    throw error;
  });
  return {
    ...iot,
    dataDir,
    records,
    objects,
    lines,
    device: async (name, at, options = {}) => {
      const files = await iot.registerDevice({ thing: name, facility: at, policyName: 'device' });
      const client = await connectRaw({ port: iot.port, caFile: iot.caFile, clientId: name, ...files, ...options });
      clients.push(client);
      return client;
    },
    dispose: async () => {
      await Promise.all(clients.map((client) => client.end()));
      await iot.stop();
      remove();
    },
  };
};

export const ingestTopic = (at: string, name: string, rule = 'ingest') =>
  `$aws/rules/${rule}/emissionwatch/v1/${at}/${name}/minutes`;
