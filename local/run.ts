import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#adapters/data-api';
import { dataApiPlans } from '#adapters/data-api-plans';
import { openDeployment } from '#cli/deployment';
import { applyPlan } from '#cli/plans/apply-plan';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { type AgentEvent, type Agents, startAgents } from './agents.ts';
import type { Arguments } from './arguments.ts';
import type { LocalCloud } from './cloud.ts';
import { type LocalDevice, provisionDevice, serialNumberOf } from './devices.ts';
import type { Progress } from './progress.ts';

/** What the agents of one run send. */
export interface Assignment {
  readonly plans: readonly MonitoringPlan[];
  /** The agent's source of minutes, in its configuration's words. */
  readonly source: Readonly<Record<string, unknown>>;
  /** Names the input: another input gets another buffer, since an agent goes on where its buffer ends. */
  readonly input: string;
}

/** Puts the plans in force, gives every facility its device, and starts the agent. */
export const startRun = async (
  root: string,
  cloud: LocalCloud,
  { plans, source, input }: Assignment,
  { dataDir, exit, chaos, seed }: Arguments,
  onEvent: (event: AgentEvent) => void,
): Promise<Agents> => {
  const folder = join(dataDir, 'edge-agent');
  mkdirSync(folder, { recursive: true });
  if (!cloud.claim) throw new Error('the templates have no claim policy: no device can be provisioned');
  const deployment = await openDeployment({ local: true, dataDir });
  const devices: LocalDevice[] = [];
  for (const plan of plans) {
    const { facility } = plan;
    await applyPlan(deployment, plan, { why: 'npm start' });
    const device = {
      facility,
      thing: `edge-${facility}`,
      serialNumber: serialNumberOf(facility),
      certificateFile: join(folder, `${facility}.pem`),
      keyFile: join(folder, `${facility}.key`),
    };
    const planFile = join(folder, `${facility}.plan.json`);
    writeFileSync(planFile, JSON.stringify(plan, null, 2));
    const config = {
      ...device,
      endpoint: { host: cloud.iot.host, port: cloud.iot.port, caFile: cloud.iot.caFile },
      claim: cloud.claim,
      bufferFolder: join(folder, `${facility}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`),
      planFile,
      // AWS limits a connection to 100 publishes a second; this machine need not.
      flowControl: 'none',
      exitWhenDone: exit,
      source,
      ...(chaos.length > 0 ? { chaos: { seed, kinds: chaos } } : {}),
    };
    const configFile = join(folder, `${facility}.json`);
    writeFileSync(configFile, JSON.stringify(config, null, 2));
    devices.push({ ...device, configFile });
  }
  // Two at a time: the hook of provisioning answers no more at once, and refuses what comes beside them.
  const waiting = [...devices];
  const provisionWaiting = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await provisionDevice(root, deployment, next);
  };
  await Promise.all([provisionWaiting(), provisionWaiting()]);
  return startAgents(
    root,
    devices.map(({ configFile }) => configFile),
    onEvent,
  );
};

/** Plans as they are in force now; facilities without one are left out. */
export const knownPlans = async (
  database: Database,
  facilities: readonly string[],
): Promise<ReadonlyMap<string, MonitoringPlan>> => {
  const store = dataApiPlans(database);
  const plans = new Map<string, MonitoringPlan>();
  for (const facility of facilities) {
    const planned = await store.planOf(facility);
    if (planned) plans.set(facility, planned.plan);
  }
  return plans;
};

const LOOK_EVERY_MS = 250;

/** Shows how far the agents are until they are done; throws when they end otherwise, or when `stopped`. */
export const followAgents = async (agents: Agents, progress: Progress, stopped: AbortSignal): Promise<void> => {
  let done = false;
  const end = agents.done.then(() => {
    done = true;
  });
  while (!done) {
    await Promise.race([end, sleep(LOOK_EVERY_MS, undefined, { signal: stopped })]);
    const { acknowledged, total, produced } = sum(agents);
    progress.show(
      acknowledged,
      total,
      `${acknowledged.toLocaleString('en')} minutes acknowledged, ${(produced - acknowledged).toLocaleString('en')} waiting`,
    );
  }
  await end;
  progress.clear();
  // Interrupted in a terminal, the agent ends as well, and in order.
  stopped.throwIfAborted();
};

/** Figures of all agents together. */
export const sum = ({ figures }: Pick<Agents, 'figures'>) => {
  const totals = { acknowledged: 0, produced: 0, samples: 0, total: 0 as number | undefined };
  for (const { acknowledgedMinutes = 0, producedMinutes = 0, samples = 0, totalMinutes } of figures.values()) {
    totals.acknowledged += acknowledgedMinutes;
    totals.produced += producedMinutes;
    totals.samples += samples;
    totals.total = totals.total === undefined || totalMinutes === undefined ? undefined : totals.total + totalMinutes;
  }
  return totals;
};

/** Waits until the streams are empty and every hour that is due is computed and checked; throws when `stopped`. */
export const processEverything = async (
  cloud: Pick<LocalCloud, 'settled' | 'closePeriods'>,
  progress: Progress,
  stopped: AbortSignal,
): Promise<void> => {
  progress.show(0, undefined, 'functions read the streams to their ends');
  const work = async () => {
    await cloud.settled();
    // What an interrupted or deferred recompute left is taken up by close-periods, as on its next minute.
    await cloud.closePeriods();
    await cloud.settled();
  };
  await Promise.race([work(), once(stopped, 'abort')]);
  progress.clear();
  stopped.throwIfAborted();
};
