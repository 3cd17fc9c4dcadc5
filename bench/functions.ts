import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FunctionDefinition, instanceEnvironment, titleOf } from '../local/services/lambda/definition.ts';
import { functionsOf } from '../local/template/functions.ts';
import { loadTemplates } from '../local/template/templates.ts';
import { type BenchCloud, withCloud } from './cloud.ts';
import { coldStart } from './cold-start.ts';
import { figure, median } from './figure.ts';
import { firstEvents } from './first-events.ts';

const STARTS = 7;
const KB = 1024;

/** What is uploaded of each function, and how long its first answer takes. */
export const benchFunctions = (root: string): Promise<void> =>
  withCloud({ root, facilities: 1, context: {} }, async (bench) => {
    const empty = await emptyFunction();
    const events = await firstEvents(bench.database);
    const functions = functionsOf(loadTemplates(bench.assembly)).map(
      (definition) => [titleOf(definition), definition] as const,
    );
    for (const [title, definition] of functions.sort(([a], [b]) => (a < b ? -1 : 1))) {
      figure(`${title}, bundle`, bundleBytes(definition.code) / KB, 'KB', { goal: KB });
      const starts = [];
      for (let i = 0; i < STARTS; i++)
        starts.push(await coldStart(environmentOf(bench, definition), events.get(title)));
      const invocations = starts.flatMap(({ invokedMs }) => (invokedMs === undefined ? [] : [invokedMs]));
      figure(`${title}, cold start`, median(starts.map(({ loadedMs }) => loadedMs)), 'ms', {
        goal: 300,
        emptyFunction: Math.round(empty),
        ...(invocations.length > 0 && { firstInvocation: Math.round(median(invocations)) }),
      });
    }
  });

const environmentOf = ({ cloud }: BenchCloud, definition: FunctionDefinition) => {
  const { kinesis, rdsData, s3, secretsManager, timestreamWrite } = cloud.endpoints;
  const endpoints = {
    KINESIS: kinesis,
    RDS_DATA: rdsData,
    S3: s3,
    SECRETS_MANAGER: secretsManager,
    TIMESTREAM_WRITE: timestreamWrite,
  };
  return instanceEnvironment(definition, endpoints, cloud.credentialsOf(definition.role));
};

/** Without the source map, which Lambda reads only when it has an error to show. */
const bundleBytes = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('.map'))
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);

/** How much of a cold start is Node and the local cloud's runtime. */
const emptyFunction = async (): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-bench-'));
  try {
    mkdirSync(join(folder, 'code'));
    writeFileSync(join(folder, 'code', 'index.mjs'), 'export const handler = () => null;');
    const environment = {
      PATH: process.env.PATH ?? '',
      LAMBDA_TASK_ROOT: join(folder, 'code'),
      _HANDLER: 'index.handler',
    };
    const starts = [];
    for (let i = 0; i < STARTS; i++) starts.push(await coldStart(environment));
    return median(starts.map(({ loadedMs }) => loadedMs));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
