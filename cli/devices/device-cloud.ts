import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTClient } from '@aws-sdk/client-iot';
import { dynamoDevices } from '#adapters/dynamodb-devices';
import type { Device } from '#core/contracts/device';
import type { DeviceRegistry } from '#core/ports';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';

/** Where devices are kept: the allow-list, and AWS IoT. */
export const deviceCloud = ({ output, clientConfig }: Deployment) => ({
  registry: dynamoDevices(output('Storage', 'DevicesTableName'), new DynamoDBClient(clientConfig('DYNAMODB'))),
  iot: new IoTClient(clientConfig('IOT')),
  policyName: output('Ingest', 'DevicePolicyName'),
});

/** @throws CommandFailed when it is not on the list */
export const knownDevice = async (registry: Pick<DeviceRegistry, 'find'>, serialNumber: string): Promise<Device> => {
  const device = await registry.find(serialNumber);
  if (device) return device;
  throw new CommandFailed(`device ${serialNumber} is not on the allow-list; \`ew device list\` shows those that are`);
};
