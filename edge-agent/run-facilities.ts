import { once } from 'node:events';
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

const sourcesOf = async (
  facilities: readonly ConfiguredFacility[],
  report: Report,
): Promise<ReadonlyMap<string, Source>> => {
  const replayed = facilities.flatMap(({ config: { source }, plan }) =>
    source.kind === 'replay' ? [{ plan, files: source.files, units: source.units, speed: source.speed }] : [],
  );
  const sources = new Map(await loadReplays(replayed, wallClock, report));
  for (const { config, plan } of facilities) {
    const { source } = config;
    if (source.kind !== 'simulator') continue;
    const { seed, speed } = source;
    const until = source.until === undefined ? undefined : minuteOfText(source.until);
    sources.set(config.facility, simulator(plan, { seed, speed, from: minuteOfText(source.from), until }, wallClock));
  }
  return sources;
};

const partsOf = ({ config }: ConfiguredFacility, source: Source, report: Report): AgentParts => ({
  facility: config.facility,
  thing: config.thing,
  source,
  uplink: iotCoreUplink(config, report),
  buffer: minuteBuffer(lmdbStore(config.bufferFolder), config.bufferMegabytes * 1024 * 1024),
  clock: wallClock,
  report,
  chaos: config.chaos,
});

/**
 * Runs the facilities of these configurations until each is done, or `stop` is aborted. One that cannot go on ends all:
 * whoever supervises the process starts it again, and each goes on where it was.
 * @throws Error with the reason why one could not start or go on
 */
export const runFacilities = async (files: readonly string[], stop: AbortController, report: Report): Promise<void> => {
  const facilities = await Promise.all(files.map(readConfig));
  checkApart(facilities);
  const sources = await sourcesOf(facilities, report);
  const agents = facilities.map((facility) => ({
    config: facility.config,
    parts: partsOf(facility, sources.get(facility.config.facility)!, report),
  }));
  const runs = await Promise.allSettled(
    agents.map(async ({ config, parts }) => {
      try {
        const outcome = await runAgent(parts, stop.signal);
        if (outcome === 'done' && !config.exitWhenDone && !stop.signal.aborted) await once(stop.signal, 'abort');
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        report({ event: 'failed', facility: config.facility, reason });
        stop.abort();
        throw error;
      }
    }),
  );
  for (const one of runs) if (one.status === 'rejected') throw one.reason;
};
