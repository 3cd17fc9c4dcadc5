import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../certificate/identity.ts';
import type { Credentials } from './control.ts';
import { identityOver } from './iot-services.ts';
import { type Endpoint, mqttClient, stopClient } from './mqtt-client.ts';

const CONNECT_WITHIN_MS = 60_000;

/**
 * Connects with the claim certificate, which may do nothing but ask for a certificate.
 * @throws Error with the latest reason when there is no connection in a minute
 */
export const claimConnection = async (
  endpoint: Endpoint,
  credentials: Credentials,
  serialNumber: string,
): Promise<Identity & { close(): Promise<void> }> => {
  const client = mqttClient({ endpoint, clientId: `claim-${serialNumber}`, credentials, flowControl: 'aws' });
  const identity = identityOver(client);
  const close = async () => {
    identity.close();
    await stopClient(client);
  };
  let reason = 'no answer';
  client.on('connectionFailure', ({ error, connack }) => {
    reason = connack?.reasonString ?? `${error}`;
  });
  const connected = new Promise<void>((resolve) => client.on('connectionSuccess', () => resolve()));
  const over = new AbortController();
  const late = sleep(CONNECT_WITHIN_MS, true, { signal: over.signal }).catch(() => false);
  client.start();
  const tooLate = await Promise.race([connected.then(() => false), late]);
  over.abort();
  if (!tooLate) return { ...identity, close };
  await close();
  throw new Error(`no connection to ${endpoint.host}:${endpoint.port} with the claim certificate: ${reason}`);
};
