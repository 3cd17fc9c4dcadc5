import { NOT_FITTED, type Status } from '#core/contracts/status';
import type { FacilityMinutes } from '../message/facility-minutes.ts';
import { hashText, hashUnit } from '../random.ts';
import { type Fault, type FaultOf, isDuring, type Numbered } from './script.ts';

/** One minute of the whole facility, as it is without faults. The same minute gives the same readings each time. */
export type PlantMinute = (minute: number) => FacilityMinutes;

interface Reading {
  readonly value: number | null;
  readonly status: Status;
}

/** Where a reading stands: which analyser, which minute. */
interface Place {
  readonly source: string;
  readonly channel: string;
  readonly minute: number;
}

type ReadingFault = (reading: Reading, place: Place) => Reading;

const LOST: Reading = { value: null, status: 'N' };
const SILENT: Reading = { value: null, status: 'X' };

/** Seven digits are more than any analyser gives, and leave no 0.30000000000000004. */
const moved = (reading: Reading, change: (value: number) => number): Reading =>
  reading.value === null ? reading : { ...reading, value: Number(change(reading.value).toPrecision(7)) };

/** The reading of one channel; undefined where the source has no such channel. */
const readingOf = (block: FacilityMinutes, { source, channel }: Omit<Place, 'minute'>): Reading | undefined => {
  const column = block.channels.indexOf(channel);
  const found = block.sources.find((one) => one.source === source);
  const letter = found?.statuses[column];
  if (!found || letter === undefined || letter === NOT_FITTED) return undefined;
  return { value: found.readings[column] ?? null, status: letter as Status };
};

/** Chance by fault, place and minute, so that it does not matter where a run begins. */
const chance = (seed: number, number: number, { source, channel }: Omit<Place, 'minute'>, n: number): number =>
  hashUnit(seed, 1_000_000 + 1000 * number + (hashText(`${source} ${channel}`) % 1000), n);

const remembered = <T>(make: (place: Place) => T): ((place: Place) => T) => {
  const known = new Map<string, T>();
  return (place) => {
    const key = `${place.source} ${place.channel}`;
    if (!known.has(key)) known.set(key, make(place));
    return known.get(key) as T;
  };
};

/** Analysers are calibrated once a day, and a unit may be down for one: nothing is looked for any further. */
const SEARCH_MINUTES = 2880;

const stuck = ({ fault, from, until }: Numbered<FaultOf<'stuck'>>, plant: PlantMinute): ReadingFault => {
  const held = remembered((place) => {
    if (fault.at !== undefined) return fault.at;
    for (let minute = from - 1; minute >= from - SEARCH_MINUTES; minute--) {
      const value = readingOf(plant(minute), place)?.value;
      if (typeof value === 'number') return value;
    }
    for (let minute = from; minute < Math.min(until, from + SEARCH_MINUTES); minute++) {
      const value = readingOf(plant(minute), place)?.value;
      if (typeof value === 'number') return value;
    }
    return undefined;
  });
  return (reading, place) => {
    const value = held(place);
    return value === undefined ? reading : moved(reading, () => value);
  };
};

const spikes = ({ fault, number, from, until }: Numbered<FaultOf<'spike'>>, seed: number): ReadingFault => {
  const at = remembered((place) => {
    const minutes = new Set<number>();
    // Each minute once, as long as there are enough of them.
    const wanted = Math.min(fault.count, until - from);
    for (let n = 0; minutes.size < wanted; n++)
      minutes.add(from + Math.floor(chance(seed, number, place, n) * (until - from)));
    return minutes;
  });
  return (reading, place) => (at(place).has(place.minute) ? moved(reading, (value) => value + fault.height) : reading);
};

/** The first calibration that begins within the fault; undefined when there is none. */
const wrongGas = (
  { fault, from, until }: Numbered<FaultOf<'wrong-calibration-gas'>>,
  plant: PlantMinute,
): ReadingFault => {
  const calibration = remembered((place) => {
    const isCalibrating = (minute: number) => readingOf(plant(minute), place)?.status === 'C';
    for (let begin = from; begin < Math.min(until, from + SEARCH_MINUTES); begin++) {
      if (!isCalibrating(begin) || isCalibrating(begin - 1)) continue;
      let end = begin;
      while (isCalibrating(end)) end++;
      return { begin, end };
    }
    return undefined;
  });
  return (reading, place) => {
    const found = calibration(place);
    if (!found || place.minute < found.begin) return reading;
    // Adjusted to the label, the analyser reads the same bottle as the label says: later calibrations look right.
    if (reading.status === 'C')
      return place.minute < found.end ? moved(reading, (value) => value * fault.level) : reading;
    return moved(reading, (value) => value / fault.level);
  };
};

const readingFault = (one: Numbered<OfMinutes>, plant: PlantMinute, seed: number): ReadingFault => {
  const { fault, number, from } = one;
  switch (fault.kind) {
    case 'drift':
      return (reading, { minute }) => moved(reading, (value) => value + (fault.perHour * (minute - from)) / 60);
    case 'stuck':
      return stuck({ ...one, fault }, plant);
    case 'spike':
      return spikes({ ...one, fault }, seed);
    case 'dropout':
      return (reading, place) => (chance(seed, number, place, place.minute) < fault.share ? LOST : reading);
    case 'stale-repeat':
      return (reading, place) => readingOf(plant(repeatedMinute(fault, from, place.minute)), place) ?? reading;
    case 'wrong-calibration-gas':
      return wrongGas({ ...one, fault }, plant);
    case 'outage':
      return () => SILENT;
  }
};

const repeatedMinute = ({ block }: FaultOf<'stale-repeat'>, from: number, minute: number): number =>
  from - block + ((minute - from) % block);

/** Changes the readings of the chosen sources and channels; what is not fitted stays so. */
const changeReadings = (
  block: FacilityMinutes,
  {
    source: onlySource,
    channel: onlyChannel,
  }: { readonly source?: string | undefined; readonly channel?: string | undefined },
  change: ReadingFault,
): FacilityMinutes => ({
  ...block,
  sources: block.sources.map((source) => {
    if (onlySource !== undefined && source.source !== onlySource) return source;
    const readings = [...source.readings];
    let statuses = '';
    for (const [c, channel] of block.channels.entries()) {
      const letter = source.statuses[c]!;
      if (letter === NOT_FITTED || (onlyChannel !== undefined && channel !== onlyChannel)) {
        statuses += letter;
        continue;
      }
      const place = { source: source.source, channel, minute: block.start };
      const changed = change({ value: source.readings[c] ?? null, status: letter as Status }, place);
      readings[c] = changed.value;
      statuses += changed.status;
    }
    return { ...source, readings, statuses };
  }),
});

/** A logger that repeats whole records also repeats what stands beside the readings. */
const repeatLoad = (block: FacilityMinutes, old: FacilityMinutes, onlySource: string | undefined): FacilityMinutes => ({
  ...block,
  sources: block.sources.map((source) => {
    const before = old.sources.find((one) => one.source === source.source);
    if (!before || (onlySource !== undefined && source.source !== onlySource)) return source;
    return { ...source, firedSeconds: before.firedSeconds, grossLoad: before.grossLoad };
  }),
});

/** What one fault makes of one minute. */
export interface MinuteFault extends Numbered {
  /** Changes a block of one minute that lies within the fault; undefined: the minute is never made. */
  apply(block: FacilityMinutes): FacilityMinutes | undefined;
}

/** What one fault makes of one minute. */
export interface MinuteFault extends Numbered {
  /** Changes a block of one minute that lies within the fault; undefined: the minute is never made. */
  apply(block: FacilityMinutes): FacilityMinutes | undefined;
}

const KINDS = ['drift', 'stuck', 'spike', 'dropout', 'stale-repeat', 'wrong-calibration-gas', 'outage'] as const;
type OfMinutes = FaultOf<(typeof KINDS)[number]>;

/** Does the fault change minutes, or only the way they travel? A clock does both: see `wrongClockAt`. */
const changesMinutes = (one: Numbered): one is Numbered<OfMinutes> =>
  (KINDS as readonly Fault['kind'][]).includes(one.fault.kind) &&
  !(one.fault.kind === 'outage' && one.fault.of === 'uplink');

/**
 * The faults of a script that change minutes, in its order: pure functions of the minute, so that a run may begin
 * anywhere and gives the same.
 */
export const minuteFaults = (faults: readonly Numbered[], plant: PlantMinute, seed: number): MinuteFault[] =>
  faults.filter(changesMinutes).map((one) => {
    const { fault, from } = one;
    if (fault.kind === 'outage' && fault.of === 'agent') return { ...one, apply: () => undefined };
    const change = readingFault(one, plant, seed);
    return {
      ...one,
      apply(block) {
        const changed = changeReadings(block, fault, change);
        if (fault.kind !== 'stale-repeat' || fault.channel !== undefined) return changed;
        return repeatLoad(changed, plant(repeatedMinute(fault, from, block.start)), fault.source);
      },
    };
  });

/** Told what one fault made of one minute. */
export type Seen = (fault: Numbered, before: FacilityMinutes, after: FacilityMinutes | undefined) => void;

/** A minute with all faults that it lies in; undefined when no agent was there to make it. */
export const withFaults = (
  block: FacilityMinutes,
  faults: readonly MinuteFault[],
  seen: Seen = () => {},
): FacilityMinutes | undefined => {
  let changed: FacilityMinutes | undefined = block;
  for (const one of faults) {
    if (!changed || !isDuring(one, block.start)) continue;
    const before: FacilityMinutes = changed;
    changed = one.apply(before);
    seen(one, before, changed);
  }
  return changed;
};
