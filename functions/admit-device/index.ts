import { dynamoDevices } from '#adapters/dynamodb-devices';
import { env } from '#adapters/env';
import type { AdmitDeviceEnv } from './env.ts';
import { makeHandler } from './handler.ts';

export const handler = makeHandler({ devices: dynamoDevices(env<AdmitDeviceEnv>('DEVICES_TABLE')), now: Date.now });
