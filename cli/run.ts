import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Command } from 'commander';
import { type Database, dataApi } from '#adapters/data-api';
import { type Deployment, openDeployment } from './deployment.ts';
import { type Output, output } from './output.ts';

/** What a command works with. */
export interface Run {
  readonly deployment: Deployment;
  readonly out: Output;
}

interface GlobalOptions {
  readonly local?: boolean;
  readonly dataDir: string;
  readonly region?: string;
  readonly json?: boolean;
}

/** By the global options of the command line. */
export const outputOf = (command: Command): Output => output(command.optsWithGlobals<GlobalOptions>().json ?? false);

/** Finds the deployment that the command line speaks of. @throws CommandFailed when there is none */
export const openRun = async (command: Command): Promise<Run> => {
  const { local = false, dataDir, region } = command.optsWithGlobals<GlobalOptions>();
  if (local && region !== undefined) command.error('error: --region is of AWS: leave it out with --local');
  return {
    deployment: await openDeployment({ local, dataDir, ...(region === undefined ? {} : { region }) }),
    out: outputOf(command),
  };
};

/** The database as the role `operator`. The service cancels a statement after 45 s; waiting less would repeat a live one. */
export const operatorDatabase = ({ output: value, clientConfig }: Deployment): Database =>
  dataApi(
    {
      clusterArn: value('Storage', 'DatabaseClusterArn'),
      secretArn: value('Storage', 'OperatorSecretArn'),
      database: value('Storage', 'DatabaseName'),
    },
    new RDSDataClient({
      ...clientConfig('RDS_DATA'),
      requestHandler: new NodeHttpHandler({ requestTimeout: 60_000 }),
    }),
  );

/** The answer is "no", or not all of it could be done. */
export const endWithNo = (): void => {
  process.exitCode = 1;
};
