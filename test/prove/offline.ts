// A facility of 20 sources with 15 channels is cut off for 24 hours, then comes back over a thin line: all of its 432,000
// samples arrive, the backlog in order of time, live minutes between it, nothing twice.
// node test/prove/offline.ts [--hours 24] [--kilobytes-per-second 5]
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { openDeployment } from '#cli/deployment';
import { applyPlan } from '#cli/plans/apply-plan';
import { minuteOfText, textOfMinute } from '#core/time';
import { CHANNELS, plan as planOf, SOURCES } from '../../bench/workload.ts';
import { startAgents } from '../../local/agents.ts';
import { type LocalCloud, startCloud } from '../../local/cloud.ts';
import { runnerDatabase } from '../../local/database.ts';
import { provisionDevice } from '../../local/devices.ts';
import { sum } from '../../local/run.ts';
import { synthesise } from '../../local/synthesise.ts';
import { ledger } from './ledger.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    'kilobytes-per-second': { type: 'string', default: '5' },
  },
});
const hours = Number(values.hours);
const rate = Number(values['kilobytes-per-second']) * 1024;
if (!Number.isInteger(hours) || hours < 1) throw new Error(`--hours: expected whole hours, got ${values.hours}`);
if (!(rate > 0)) throw new Error('--kilobytes-per-second: expected a number over 0');

const ROOT = resolve(import.meta.dirname, '../..');
const FACILITY = 'F001';
const LIMIT_SECONDS = 180;
const { print, expect, failures, seconds: elapsed } = ledger();

/** A line of so many bytes a second from the plant to the broker, which can be cut. */
const thinLine = async (brokerPort: number) => {
  let open = false;
  const ends = new Set<Socket>();
  const slowly = () =>
    new Transform({
      async transform(chunk: Buffer, _, done) {
        await sleep((1000 * chunk.length) / rate);
        done(null, chunk);
      },
    });
  const server = createServer((plant) => {
    plant.on('error', () => plant.destroy());
    if (!open) return void plant.destroy();
    const cloud = dial(brokerPort, '127.0.0.1');
    cloud.on('error', () => plant.destroy());
    for (const end of [plant, cloud]) {
      ends.add(end);
      end.once('close', () => ends.delete(end));
    }
    plant.pipe(slowly()).pipe(cloud);
    cloud.pipe(plant);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as { port: number }).port,
    restore: () => {
      open = true;
    },
    stop: () => {
      for (const end of ends) end.destroy();
      server.close();
    },
  };
};

/** First minute and number of minutes of each message, in the order in which the stream took them. */
const messagesOf = async ({ endpoints, runner }: LocalCloud, streamName: string) => {
  const kinesis = new KinesisClient({
    endpoint: endpoints.kinesis,
    region: 'us-east-1',
    credentials: runner,
    requestHandler: new NodeHttpHandler(),
  });
  const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName: streamName }));
  const found: { readonly start: number; readonly minutes: number }[] = [];
  for (const { ShardId } of Shards) {
    const first = await kinesis.send(
      new GetShardIteratorCommand({ StreamName: streamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    for (let ShardIterator = first.ShardIterator; ShardIterator; ) {
      const { Records = [], NextShardIterator } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      for (const { Data } of Records) {
        const { payload } = JSON.parse(Buffer.from(Data!).toString('utf8')) as { payload: string };
        const message = JSON.parse(gunzipSync(Buffer.from(payload, 'base64')).toString('utf8'));
        found.push({ start: minuteOfText(message.start), minutes: message.minutes });
      }
      ShardIterator = Records.length === 0 ? undefined : NextShardIterator;
    }
  }
  return found;
};

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-offline-'));
// The database's server runs as another user where this one is root.
chmodSync(folder, 0o755);
const plan = planOf(FACILITY);
const from = Math.floor(Date.now() / 60_000) - hours * 60;

const prove = async (): Promise<void> => {
  const assembly = await synthesise(ROOT, folder);
  const cloud = await startCloud({ assembly, dataDir: folder, log: () => {} });
  const line = await thinLine(cloud.iot.port);
  try {
    const deployment = await openDeployment({ local: true, dataDir: folder });
    await applyPlan(deployment, plan, {});
    const place = join(folder, 'plant');
    mkdirSync(place);
    const device = {
      facility: FACILITY,
      thing: `edge-${FACILITY}`,
      serialNumber: `local-${FACILITY}`,
      certificateFile: join(place, 'agent.pem'),
      keyFile: join(place, 'agent.key'),
    };
    const configFile = join(place, 'agent.json');
    const configure = (port: number) =>
      writeFileSync(
        configFile,
        JSON.stringify({
          ...device,
          endpoint: { host: cloud.iot.host, port, caFile: cloud.iot.caFile },
          claim: cloud.claim,
          bufferFolder: join(place, 'buffer'),
          planFile: join(place, 'plan.json'),
          flowControl: 'aws',
          exitWhenDone: false,
          source: { kind: 'simulator', seed: 1, from: textOfMinute(from), speed: 'max' },
        }),
      );
    writeFileSync(join(place, 'plan.json'), JSON.stringify(plan));
    configure(cloud.iot.port);
    await provisionDevice(ROOT, deployment, { ...device, configFile });
    configure(line.port);

    let restored = 0;
    let connected = 0;
    const agents = startAgents(ROOT, [configFile], ({ event }) => {
      if (event === 'connected') connected ||= performance.now();
      if (event !== 'progress' && event !== 'disconnected') print(`agent: ${event}`);
    });
    try {
      while (sum(agents).produced < hours * 60) await sleep(200);
      const backlog = sum(agents).produced;
      print(`${backlog} minutes of ${SOURCES} sources and ${CHANNELS.length} channels wait at the plant`);
      expect(sum(agents).acknowledged === 0, 'none of them has been sent');
      line.restore();
      restored = performance.now();
      // All that waited, and a live minute after it.
      while (sum(agents).acknowledged < sum(agents).produced || sum(agents).produced <= backlog) {
        if (performance.now() - restored > 3 * LIMIT_SECONDS * 1000)
          throw new Error('the backlog does not come to an end');
        await sleep(100);
      }
      await cloud.settled();
      const seconds = (performance.now() - restored) / 1000;
      const sending = (performance.now() - connected) / 1000;
      print(
        `all sent and stored ${seconds.toFixed(1)} s after the line was back, ${sending.toFixed(1)} s after the agent had noticed`,
      );
      expect(seconds < LIMIT_SECONDS, `in under ${LIMIT_SECONDS} s`);
      await check(cloud, deployment.output('Storage', 'MeasurementsStreamName'));
    } finally {
      await agents.stop();
    }
  } finally {
    line.stop();
    await cloud.stop();
  }
};

const check = async (cloud: LocalCloud, streamName: string): Promise<void> => {
  const messages = await messagesOf(cloud, streamName);
  const times = messages.flatMap(({ start, minutes }) => Array.from({ length: minutes }, (_, i) => start + i));
  expect(new Set(times).size === times.length, `no minute was sent twice (${messages.length} messages)`);
  const newest = messages.map((_, i) => Math.max(...messages.slice(0, i).map(({ start }) => start)));
  const late = messages.filter(({ start }, i) => start < newest[i]!);
  const firstLate = messages.findIndex(({ start }, i) => start < newest[i]!);
  expect(
    firstLate > 0,
    `live minutes came between the backlog: ${messages.filter(({ start, minutes }, i) => minutes <= 2 && messages.slice(i).some((next) => next.start < start)).length}`,
  );
  const backlog = messages.filter(
    ({ start, minutes }, i) => !(minutes <= 2 && messages.slice(i).some((next) => next.start < start)),
  );
  expect(
    backlog.every(({ start }, i) => i === 0 || start > backlog[i - 1]!.start),
    `the backlog came in order of time (${late.length} messages of it after a live one)`,
  );
  const database = runnerDatabase(cloud);
  const [row] = await database.execute(
    'select count(*), sum(cardinality(readings)) from minute where minute >= :from and minute < :until',
    { from, until: from + hours * 60 },
  );
  const wanted = hours * 60 * SOURCES;
  expect(Number(row![0]) === wanted, `${row![0]} of ${wanted} source-minutes are stored, once each`);
  expect(Number(row![1]) === wanted * CHANNELS.length, `${row![1]} of ${wanted * CHANNELS.length} samples are stored`);
};

await prove().catch((error: unknown) => {
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
});
if (failures.length === 0) rmSync(folder, { recursive: true, force: true });
else print(`data and logs are kept in ${folder}`);
for (const failure of failures) console.error(`FAIL ${failure}`);
console.log(JSON.stringify({ hours, failures: failures.length, seconds: Math.round(elapsed()) }));
process.exit(failures.length === 0 ? 0 : 1);
