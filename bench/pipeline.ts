import { once } from 'node:events';
import type { Database } from '#adapters/data-api';
import { type BenchCloud, startPublisher, withCloud } from './cloud.ts';
import { figure } from './figure.ts';
import { cpuSeconds, memoryMb, treeOf } from './process-tree.ts';
import { CHANNELS, MINUTES, SOURCES, START } from './workload.ts';

const FACILITIES = 200;
const CLOSES_AFTER_MINUTES = MINUTES + 15;

/**
 * From MQTT publish to stored minutes, closed hours and checked limits, through every part of the local cloud; with a
 * copy of every minute in the time-series store, and without.
 */
export const benchPipeline = async (root: string): Promise<void> => {
  for (const timeSeriesStore of ['timestream', 'aurora'])
    await withCloud({ root, facilities: FACILITIES, context: { timeSeriesStore } }, (bench) =>
      measure(bench, timeSeriesStore),
    );
};

const measure = async (bench: BenchCloud, timeSeriesStore: string): Promise<void> => {
  const { cloud, database } = bench;
  const closing = new Date(START + (CLOSES_AFTER_MINUTES - 1) * 60_000).toISOString();
  const publisher = await startPublisher(bench, {
    minutes: MINUTES,
    start: START,
    closing: { start: `${closing.slice(0, 16)}Z` },
  });
  try {
    const measured = () => treeOf(process.pid).filter((pid) => pid !== publisher.pid);
    const cpuBefore = cpuSeconds(measured());
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, memoryMb(measured()));
      // A look reads a file of every process; more often it would weigh on the figure.
    }, 4000);
    const begin = performance.now();
    const ended = once(publisher, 'exit');
    publisher.send('go');
    const [code] = await ended;
    if (code !== 0) throw new Error(`the publisher ended with ${code}`);
    const published = (performance.now() - begin) / 1000;
    await cloud.settled();
    const seconds = (performance.now() - begin) / 1000;
    clearInterval(timer);
    const cpu = cpuSeconds(measured()) - cpuBefore;

    const samples = FACILITIES * SOURCES * CHANNELS.length * MINUTES;
    const stored = await storedWork(database);
    if (stored.minutes !== FACILITIES * SOURCES * MINUTES || stored.hours !== FACILITIES * SOURCES)
      throw new Error(`stored ${stored.minutes} minutes and ${stored.hours} hours: work was lost`);
    const { memoryStore, magneticStore } = cloud.counters().timeSeries;
    const copied = memoryStore + magneticStore;
    if (timeSeriesStore === 'timestream' && copied < stored.minutes)
      throw new Error(`${copied} of ${stored.minutes} minutes are in the time-series store: work was lost`);
    figure('local cloud, publish to closed hours', samples / seconds, 'samples/s', {
      timeSeriesStore,
      goal: 160_000,
      seconds: Number(seconds.toFixed(1)),
      publishedAfter: Number(published.toFixed(1)),
      ...stored,
      copied,
      boundBy: 'both cores: sockets and SDK calls between the parts are about half',
    });
    figure('local cloud, processor time', cpu / (samples / 1e6), 's per million samples', {
      timeSeriesStore,
      goal: 9,
      boundBy: 'the same; the cold start of every function is in it',
    });
    figure('local cloud, memory of all processes', peak, 'MB', {
      timeSeriesStore,
      goal: 2048,
      boundBy: 'function instances of about 100 MB, and this process with 200 connections',
    });
    if (timeSeriesStore !== 'aurora') return;
    figure('database, tables and indexes', stored.bytes / samples, 'bytes/sample', {
      goal: 13,
      boundBy: 'row header and key, then the readings themselves',
      ...(await tableBytes(database)),
    });
  } finally {
    publisher.kill();
  }
};

const storedWork = async ({ execute }: Database) => {
  const [row] = await execute(
    `select (select count(*) from minute), (select count(*) from hour), (select count(*) from compliance_record),
      (select cast(round(sum(cast(document #>> '{channels,so2,average}' as numeric))) as integer) from hour),
      (select cast(sum(pg_total_relation_size(c.oid)) as bigint) from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname = 'public' and relkind = 'r' and relname not in ('facility', 'source'))`,
  );
  const [minutes, hours, records, so2, bytes] = row as number[];
  return { minutes: minutes!, hours: hours!, records: records!, so2: so2!, bytes: bytes! };
};

const tableBytes = async ({ execute }: Database): Promise<Record<string, number>> => {
  const rows = await execute(
    `select relname, pg_table_size(c.oid), pg_indexes_size(c.oid) from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname = 'public' and relkind = 'r' order by pg_total_relation_size(c.oid) desc limit 3`,
  );
  return Object.fromEntries(
    rows.flatMap(([name, table, indexes]) => [
      [`${name}`, table as number],
      [`${name} indexes`, indexes as number],
    ]),
  );
};
