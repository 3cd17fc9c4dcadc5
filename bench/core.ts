import type { EmissionHour } from '#core/contracts/emission-hour';
import { computeHour } from '#core/hour/compute-hour';
import type { PlannedFacility, SourceMinute } from '#core/ports';
import { minuteOfText } from '#core/time';
import { readMessage } from '#core/validation/read-message';
import { validateMessage } from '#core/validation/validate-message';
import { figure, median } from './figure.ts';
import { CHANNELS, type FacilityMessage, facilityName, MINUTES, messages, plan, SOURCES } from './workload.ts';

const RUNS = 3;
const FACILITIES = 200;

/** Message text to hour values, on one core, nothing but core. */
export const benchCore = (): void => {
  const work = [...messages(FACILITIES)];
  const samples = FACILITIES * SOURCES * CHANNELS.length * MINUTES;
  const parse = median(
    Array.from({ length: RUNS }, () => seconds(() => work.forEach(({ json }) => void JSON.parse(json)))),
  );
  const bytes = work.map(({ facility, json }) => ({ facility, bytes: Buffer.from(json) }));
  let result = { hours: 0, so2: 0, means: 0 };
  const core = median(
    Array.from({ length: RUNS }, () =>
      seconds(() => {
        result = hourValues(bytes);
      }),
    ),
  );
  figure('core, message bytes to hour values', samples / core, 'samples/s', {
    goal: 3_000_000,
    parseAlone: Math.round(samples / parse),
    hours: result.hours,
    channelMeans: result.means,
    so2: Math.round(result.so2),
    boundBy: 'JSON.parse, the contract and placing readings, one thread',
  });
};

const seconds = (run: () => void): number => {
  const begin = performance.now();
  run();
  return (performance.now() - begin) / 1000;
};

const hourValues = (work: readonly { readonly facility: string; readonly bytes: Buffer }[]) => {
  const planned = new Map<string, PlannedFacility>();
  for (let f = 0; f < FACILITIES; f++) {
    const facility = facilityName(f);
    const itsPlan = plan(facility);
    const sourceIds = new Map(itsPlan.sources.map(({ source }, i) => [source, f * SOURCES + i + 1]));
    planned.set(facility, { plan: itsPlan, sourceIds });
  }
  const minutes = new Map<number, SourceMinute[]>();
  const result = { hours: 0, so2: 0, means: 0 };
  for (const { facility, bytes } of work) {
    const known = planned.get(facility)!;
    const read = readMessage(bytes.toString('utf8'));
    if (!read.ok) throw new Error(read.reason);
    const checked = validateMessage(read.message, known, 40_000_000);
    if (!checked.ok) throw new Error(checked.reason);
    const minute = minuteOfText(checked.validated.start);
    for (const [i, part] of checked.validated.sources.entries()) {
      const kept = minutes.get(part.sourceId) ?? [];
      if (kept.length === 0) minutes.set(part.sourceId, kept);
      kept.push({
        sourceId: part.sourceId,
        minute,
        revision: part.revision,
        firedSeconds: part.firedSeconds[0]!,
        grossLoad: part.grossLoad[0]!,
        readings: part.readings[0]!,
        statuses: part.statuses[0]!,
      });
      if (kept.length < 60) continue;
      const hour = Math.floor(minute / 60);
      const { document } = computeHour({
        plan: known.plan,
        source: known.plan.sources[i]!,
        hour,
        minutes: kept,
        before: undefined,
      });
      add(result, document);
      minutes.delete(part.sourceId);
    }
  }
  return result;
};

const add = (result: { hours: number; so2: number; means: number }, { channels }: EmissionHour) => {
  result.hours++;
  result.so2 += Number(channels.so2?.average ?? 0);
  for (const { average } of Object.values(channels)) if (average !== null) result.means++;
};

export type { FacilityMessage };
