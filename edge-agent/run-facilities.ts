import { minuteOfText } from '#core/time';
import { type AgentParts, runAgent } from './agent.ts';
import { lmdbStore } from './buffer/lmdb-store.ts';
import { minuteBuffer } from './buffer/minute-buffer.ts';
import { rotate } from './certificate/rotate.ts';
import type { Trouble } from './chaos.ts';
import { wallClock } from './clock.ts';
import { type AgentConfig, type ConfiguredFacility, checkApart, readConfig } from './config.ts';
import type { Report } from './events.ts';
import { numbered } from './faults/script.ts';
import { loadReplays } from './sources/load-replays.ts';
import { simulator } from './sources/simulator/simulator.ts';
import type { Source } from './sources/source.ts';
import type { Control } from './uplink/control.ts';
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
    const faults = numbered(source.faults);
    const until = source.until === undefined ? undefined : minuteOfText(source.until);
    sources.set(
      config.facility,
      simulator(plan, { seed, speed, from: minuteOfText(source.from), until, faults }, wallClock),
    );
  }
  return sources;
};

/** What happens to messages on their way: by chaos, and by the fault script of a simulated plant. */
const troubleOf = ({ chaos, source }: AgentConfig): Trouble | undefined => {
  const faults = source.kind === 'simulator' ? numbered(source.faults) : [];
  if (!chaos && faults.length === 0) return undefined;
  return { seed: source.kind === 'simulator' ? source.seed : 0, kinds: [], ...chaos, faults };
};

/** Rotation of the certificate, for a device that knows its serial number. */
const rotationOf = (config: AgentConfig, control: Control): AgentParts['rotate'] => {
  const { serialNumber, facility, thing, ruleName } = config;
  if (serialNumber === undefined) return undefined;
  const device = { facility, thing, ruleName };
  const rotation = { control, paths: config, serialNumber, device, clock: wallClock, random: Math.random };
  return (job) => rotate(job, rotation);
};

const partsOf = ({ config }: ConfiguredFacility, source: Source, report: Report): AgentParts => {
  const uplink = iotCoreUplink(config, report);
  return {
    facility: config.facility,
    thing: config.thing,
    source,
    uplink,
    control: uplink.control,
    rotate: rotationOf(config, uplink.control),
    buffer: minuteBuffer(lmdbStore(config.bufferFolder), config.bufferMegabytes * 1024 * 1024, {
      hours: config.keepHours,
      clock: wallClock,
    }),
    clock: wallClock,
    report,
    chaos: troubleOf(config),
    stays: !config.exitWhenDone,
  };
};

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
        await runAgent(parts, stop.signal);
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
