import { dataApiContinuity } from '#adapters/data-api-continuity';
import { dynamoDevices } from '#adapters/dynamodb-devices';
import { env } from '#adapters/env';
import { iotCommands } from '#adapters/iot-commands';
import { kmsSigner } from '#adapters/kms-signer';
import { ownDatabase } from '#adapters/own-database';
import type { VerifyContinuityEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<VerifyContinuityEnv>;

export const handler = makeHandler({
  store: dataApiContinuity(ownDatabase()),
  devices: dynamoDevices(setting('DEVICES_TABLE')),
  agents: iotCommands(),
  key: kmsSigner(setting('EVIDENCE_KEY_ARN')),
  softwareVersion: setting('SOFTWARE_VERSION'),
  now: Date.now,
});
