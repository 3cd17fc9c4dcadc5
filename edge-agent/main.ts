#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { minuteOfText } from '#core/time';
import { type AgentParts, runAgent } from './agent.ts';
import { lmdbStore } from './buffer/lmdb-store.ts';
import { minuteBuffer } from './buffer/minute-buffer.ts';
import { wallClock } from './clock.ts';
import { type ConfiguredFacility, checkApart, readConfig } from './config.ts';
import type { Report } from './events.ts';
import { loadReplays } from './sources/load-replays.ts';
import { simulator } from './sources/simulator/simulator.ts';
import type { Source } from './sources/source.ts';
import { iotCoreUplink } from './uplink/iot-core.ts';

const HELP = `Usage: node edge-agent/main.ts --config FILE [--config FILE ...]

Reads a facility's analysers, keeps its minutes in a buffer on disk and sends them to AWS IoT Core
until each is acknowledged. One configuration a facility; edge-agent/agent.sample.json explains the fields.

The replay source reads EPA's published hours and reconstructs minutes from them: the hours are real,
the minutes are not. It proves the pipeline, not the equations.

Writes one JSON object a line on standard output. Ends with 0 when all is sent (exitWhenDone)
or on SIGTERM and SIGINT, with 1 and a reason when it cannot go on.

  --config FILE   configuration of one facility, may be repeated
  --help          this text
`;

const report: Report = (event) => void process.stdout.write(`${JSON.stringify(event)}\n`);
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const sourcesOf = async (facilities: readonly ConfiguredFacility[]): Promise<ReadonlyMap<string, Source>> => {
  const replayed = facilities.flatMap(({ config: { source }, plan }) =>
    source.kind === 'replay' ? [{ plan, files: source.files, units: source.units }] : [],
  );
  const sources = new Map(await loadReplays(replayed, report));
  for (const { config, plan } of facilities) {
    const { source } = config;
    if (source.kind !== 'simulator') continue;
    const { seed, speed } = source;
    const until = source.until === undefined ? undefined : minuteOfText(source.until);
    sources.set(config.facility, simulator(plan, { seed, speed, from: minuteOfText(source.from), until }, wallClock));
  }
  return sources;
};

const partsOf = ({ config }: ConfiguredFacility, source: Source): AgentParts => ({
  facility: config.facility,
  thing: config.thing,
  source,
  uplink: iotCoreUplink(config, report),
  buffer: minuteBuffer(lmdbStore(config.bufferFolder), config.bufferMegabytes * 1024 * 1024),
  clock: wallClock,
  report,
  chaos: config.chaos,
});

const run = async (files: readonly string[], signal: AbortSignal, stop: () => void): Promise<void> => {
  const facilities = await Promise.all(files.map(readConfig));
  checkApart(facilities);
  const sources = await sourcesOf(facilities);
  const agents = facilities.map((facility) => ({
    ...facility,
    parts: partsOf(facility, sources.get(facility.config.facility)!),
  }));
  const runs = await Promise.allSettled(
    agents.map(async ({ config, parts }) => {
      try {
        const outcome = await runAgent(parts, signal);
        if (outcome === 'done' && !config.exitWhenDone)
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      } catch (error) {
        report({ event: 'failed', facility: config.facility, reason: reasonOf(error) });
        stop();
        throw error;
      }
    }),
  );
  for (const one of runs) if (one.status === 'rejected') throw one.reason;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { config: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!values.config) throw new Error('expected --config FILE; --help explains it');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  await run(values.config, stop.signal, () => stop.abort());
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`edge-agent: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
