import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { dynamoDevices } from '#adapters/dynamodb-devices';
import type { DeviceRegistry } from '#core/ports';
import { emissionWatch } from '../../../lib/emission-watch.ts';
import { startDynamoDb } from '../../../local/services/dynamodb.ts';
import { createGuard, LOCAL_RUNNER } from '../../../local/services/iam/create-guard.ts';
import { type Iot, startIot } from '../../../local/services/iot.ts';
import { startLambda } from '../../../local/services/lambda.ts';
import { functionsOf } from '../../../local/template/functions.ts';
import { policiesOf } from '../../../local/template/iam.ts';
import { ACCOUNT, REGION } from '../../../local/template/identity.ts';
import {
  claimPolicyOf,
  devicePoliciesOf,
  provisioningTemplatesOf,
  thingTypesOf,
  topicRulesOf,
} from '../../../local/template/iot.ts';
import { tablesOf } from '../../../local/template/tables.ts';
import { loadTemplates } from '../../../local/template/templates.ts';

/** IoT Core, the allow-list and the hook as the product's templates describe them, with their IAM policies in force. */
export interface OwnCloud {
  readonly iot: Iot;
  readonly devices: DeviceRegistry;
  readonly control: IoTClient;
  readonly data: IoTDataPlaneClient;
  /** Messages that reached the stream. */
  readonly records: { readonly facility: string; readonly thing: string; readonly payload: string }[];
  readonly lines: string[];
  /** What the hook has written to its log. */
  hookLog(): string;
  stop(): Promise<void>;
}

export const startOwnCloud = async (): Promise<OwnCloud> => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-own-'));
  const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const assembly = join(folder, 'assembly');
  emissionWatch({ context: { 'aws:cdk:bundling-stacks': ['EmissionWatch-Ingest'] }, outdir: assembly }).app.synth();
  const templates = loadTemplates(assembly);
  const guard = createGuard({ account: ACCOUNT, policies: policiesOf(templates) });

  const dynamodb = await startDynamoDb({ dataDir: folder, account: ACCOUNT, tables: tablesOf(templates), guard });
  stops.push(dynamodb.stop);
  const functions = functionsOf(templates).filter(
    ({ environment }) => environment.POWERTOOLS_SERVICE_NAME === 'admit-device',
  );
  const hookLines: string[] = [];
  const lambda = startLambda({
    functions,
    dataDir: folder,
    guard,
    endpoints: { DYNAMODB: dynamodb.endpoint },
    onLog: (_, line) => hookLines.push(line),
  });
  stops.push(lambda.stop);

  const records: OwnCloud['records'] = [];
  const lines: string[] = [];
  const claimPolicyName = claimPolicyOf(templates);
  if (claimPolicyName === undefined) throw new Error('the templates have no policy for claim certificates');
  const iot = await startIot({
    dataDir: join(folder, 'iot'),
    region: REGION,
    account: ACCOUNT,
    rules: topicRulesOf(templates),
    policies: devicePoliciesOf(templates),
    thingTypes: thingTypesOf(templates),
    templates: provisioningTemplatesOf(templates),
    claimPolicyName,
    guard,
    invokeHook: (functionArn, event) => lambda.invoke(functionArn, event),
    putRecord: async (_stream, _key, data) => {
      const { facility, thing, payload } = JSON.parse(Buffer.from(data).toString()) as OwnCloud['records'][number];
      records.push({ facility, thing, payload: Buffer.from(payload, 'base64').toString() });
    },
    putObject: async () => undefined,
    log: (line) => lines.push(line),
  });
  stops.push(iot.stop);

  const client = { region: REGION, credentials: guard.credentialsOf(LOCAL_RUNNER) };
  const [table] = tablesOf(templates);
  const dynamo = new DynamoDBClient({ ...client, endpoint: dynamodb.endpoint });
  const control = new IoTClient({ ...client, endpoint: iot.endpoint });
  const data = new IoTDataPlaneClient({ ...client, endpoint: iot.endpoint });
  stops.push(() => {
    for (const one of [dynamo, control, data]) one.destroy();
  });
  return {
    iot,
    devices: dynamoDevices(table!.name, dynamo),
    control,
    data,
    records,
    lines,
    hookLog: () => hookLines.join('\n'),
    stop: async () => {
      for (const stop of stops.reverse()) await stop();
    },
  };
};

/** Certificate and key as PEM. */
export const claimOf = ({ claim }: Iot) => ({
  certificate: readFileSync(claim!.certificateFile, 'utf8'),
  key: readFileSync(claim!.keyFile, 'utf8'),
});
