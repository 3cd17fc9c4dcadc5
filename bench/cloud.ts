import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '#adapters/data-api';
import { applyPlan } from '#adapters/data-api-plans';
import { type LocalCloud, startCloud } from '../local/cloud.ts';
import { runnerDatabase } from '../local/database.ts';
import { synthesise } from '../local/synthesise.ts';
import type { Device, Order } from './publisher.ts';
import { facilityName, plan } from './workload.ts';

export interface BenchCloud {
  readonly cloud: LocalCloud;
  readonly assembly: string;
  /** As the owner of the schema. */
  readonly database: Database;
  /** Their plans are in force. */
  readonly facilities: readonly string[];
}

/** Runs `work` with a local cloud of its own, which is gone afterwards. */
export const withCloud = async (
  { root, facilities, context }: { root: string; facilities: number; context: Readonly<Record<string, string>> },
  work: (bench: BenchCloud) => Promise<void>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-bench-'));
  chmodSync(folder, 0o755);
  try {
    const assembly = await synthesise(root, folder, context);
    const cloud = await startCloud({ assembly, dataDir: folder, log: () => {} });
    try {
      const database = runnerDatabase(cloud);
      const names = Array.from({ length: facilities }, (_, i) => facilityName(i));
      for (const facility of names) await applyPlan(database, plan(facility));
      await work({ cloud, assembly, database, facilities: names });
    } finally {
      await cloud.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A process that publishes for every facility, ready: it sends when told 'go', and ends when all is acknowledged. */
export const startPublisher = async (
  { cloud, facilities }: BenchCloud,
  order: Pick<Order, 'minutes' | 'start' | 'closing' | 'live'>,
): Promise<ChildProcess> => {
  const { host, port, caFile } = cloud.iot;
  const devices: Device[] = [];
  for (const facility of facilities) {
    const thing = `edge-${facility}`;
    devices.push({ facility, thing, ...(await cloud.iot.registerDevice({ thing, facility })) });
  }
  const publisher = fork(new URL('./publisher.ts', import.meta.url), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  publisher.send({ host, port, caFile, ruleName: 'emissionwatch_measurements', devices, ...order } satisfies Order);
  const [answer] = await Promise.race([once(publisher, 'message'), once(publisher, 'exit')]);
  if (answer !== 'ready') throw new Error(`the publisher ended with ${answer} before it began`);
  return publisher;
};
