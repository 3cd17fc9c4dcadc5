import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type Database, dataApi } from '#adapters/data-api';
import { daysOf, quarterBefore } from '#core/report/quarter';
import { type LocalCloud, startCloud } from '../../../local/cloud.ts';
import type { RecordedRequest } from '../../../local/services/iam/create-guard.ts';
import { titleOf } from '../../../local/services/lambda/definition.ts';
import { functionsOf } from '../../../local/template/functions.ts';
import { REGION } from '../../../local/template/identity.ts';
import { loadTemplates } from '../../../local/template/templates.ts';
import { plant } from '../../functions/plant.ts';
import { eventually } from '../eventually.ts';
import { type Ended, operator } from './operator.ts';

/** What the runs on one data folder have in common. */
export interface Folder {
  readonly assembly: string;
  readonly dataDir: string;
  readonly requests: RecordedRequest[];
  readonly log: (line: string) => void;
}

/** A running cloud, and who does what in it. */
export interface Stage extends Folder {
  readonly cloud: LocalCloud;
  /** As the owner of the schema, who may do everything. */
  readonly database: Database;
  /** `ew --local`, with the rights of an operator. */
  ew(...args: readonly string[]): Promise<Ended>;
  /** Runs a function by its alias in nobody's name; what it threw, or undefined. Waits while it runs for somebody else. */
  invoke(title: string): Promise<string | undefined>;
  /** Puts a record on a stream in nobody's name. */
  putRecord(stream: string, text: string): Promise<void>;
  putObject(bucket: string, key: string, body: string): Promise<void>;
  /** Until `work` is done, no row of the table can be written: the statement fails, and with it its transaction. */
  refuseWrites(table: string, work: () => Promise<unknown>): Promise<void>;
  /** A minute passes on the clock of streams and alarms, and the alarms are evaluated. */
  minutePasses(): Promise<void>;
}

export const FACILITY = 'F001';
export const THING = `edge-${FACILITY}`;
export const SERIAL = 'SN-0001';
export const PLAN = plant(FACILITY, ['S1']);
/** The last one that is over: reports of it are due. */
export const QUARTER = quarterBefore(Math.floor(Date.now() / 3_600_000) - 48, PLAN.utcOffsetMinutes);
/** One of its days. */
export const DAY = daysOf(QUARTER)[4]!;

const MINUTE_MS = 60_000;

export const withStage = async (folder: Folder, play: (stage: Stage) => Promise<void>): Promise<void> => {
  const { assembly, dataDir, requests, log } = folder;
  let ahead = 0;
  const cloud = await startCloud({
    assembly,
    dataDir,
    log,
    onDecision: (request) => requests.push(request),
    now: () => Date.now() + ahead,
  });
  const { endpoints, runner: credentials } = cloud;
  const client = (endpoint: string) => ({ endpoint, region: REGION, credentials });
  const database = dataApi(
    { clusterArn: cloud.database.clusterArn, secretArn: cloud.database.ownerSecretArn, database: cloud.database.name },
    new RDSDataClient(client(endpoints.rdsData)),
  );
  const lambda = new LambdaClient(client(endpoints.lambda));
  const s3 = new S3Client({ ...client(endpoints.s3), forcePathStyle: true });
  const kinesis = new KinesisClient({ ...client(endpoints.kinesis), requestHandler: new NodeHttpHandler() });
  const functions = new Map(functionsOf(loadTemplates(assembly)).map((fn) => [titleOf(fn), fn.arn]));

  const invoke = async (title: string): Promise<string | undefined> => {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functions.get(title)!, Qualifier: 'live', Payload: Buffer.from('{}') }),
    );
    return FunctionError === undefined ? undefined : Buffer.from(Payload!).toString();
  };
  try {
    await play({
      ...folder,
      cloud,
      database,
      ew: operator(dataDir),
      invoke: async (title) => {
        let failure: string | undefined;
        await eventually(async () => {
          try {
            failure = await invoke(title);
            return true;
          } catch (error) {
            if ((error as Error).name === 'TooManyRequestsException') return false;
            throw error;
          }
        });
        return failure;
      },
      putRecord: async (stream, text) => {
        const record = { StreamName: stream, PartitionKey: FACILITY, Data: Buffer.from(text) };
        await kinesis.send(new PutRecordCommand(record));
      },
      putObject: async (Bucket, Key, Body) => {
        await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      },
      refuseWrites: (table, work) => refuseWrites(database, table, work),
      minutePasses: async () => {
        ahead += MINUTE_MS;
        await cloud.cloudwatch.evaluateNow();
      },
    });
  } finally {
    for (const each of [lambda, s3, kinesis]) each.destroy();
    await cloud.stop();
  }
};

const refuseWrites = async ({ execute }: Database, table: string, work: () => Promise<unknown>): Promise<void> => {
  await execute(`create function refuse_${table}() returns trigger language plpgsql as
    $$ begin raise exception 'refused by a test'; end $$`);
  await execute(`create trigger refuse before insert or update on ${table} execute function refuse_${table}()`);
  try {
    await work();
  } finally {
    await execute(`drop trigger refuse on ${table}`);
  }
};
