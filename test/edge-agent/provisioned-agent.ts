import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { decode } from '../../edge-agent/message/encode.ts';
import { type DeviceCloudOptions, startDeviceCloud } from './device-cloud.ts';
import { csvOf, type Row } from './epa-data.ts';
import { replayPlan } from './replay-plan.ts';
import { temporaryFolder } from './temporary.ts';

export const THING = 'edge-7953';

/** A cloud, and the configuration of an agent that was given its certificate and knows its serial number. */
export const provisionedAgent = async (
  hours: readonly Row[],
  options: DeviceCloudOptions = {},
  change: Readonly<Record<string, unknown>> = {},
) => {
  const cloud = await startDeviceCloud(options);
  onTestFinished(() => cloud.stop());
  cloud.addDevice('SN-1', THING, '7953');
  const first = await cloud.giveCertificate('SN-1');
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'device'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  file('ca.pem', cloud.authority.certificate);
  file('device/agent.pem', first.certificate);
  file('device/agent.key', first.key);
  file('plan.json', JSON.stringify(replayPlan(7953, ['CT1'])));
  file('hours.csv', csvOf(hours));
  const config = file(
    'agent.json',
    JSON.stringify({
      facility: '7953',
      thing: THING,
      serialNumber: 'SN-1',
      endpoint: { host: '127.0.0.1', port: cloud.broker.port, caFile: 'ca.pem' },
      certificateFile: 'device/agent.pem',
      keyFile: 'device/agent.key',
      ruleName: 'ingest',
      bufferFolder: 'buffer',
      planFile: 'plan.json',
      flowControl: 'none',
      exitWhenDone: true,
      source: { kind: 'replay', files: ['hours.csv'] },
      ...change,
    }),
  );
  return {
    cloud,
    config,
    first,
    certificate: () => readFileSync(join(folder, 'device/agent.pem'), 'utf8'),
    arrived: () => cloud.broker.received.map(({ payload }) => decode(payload)),
  };
};
