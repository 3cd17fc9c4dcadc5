import { gunzipSync } from 'node:zlib';
import type { PlannedFacility } from '#core/ports';
import type { QuarantineCode } from '#core/validation/quarantine-codes';
import { NOW_MINUTE, PLANNED } from './plans.ts';

/*
 * What must become of a record, worked out a second time, slowly and plainly, from the description of the message
 * format in docs/fault-simulator.md: nothing here is shared with the code under test.
 */

export interface Minutes {
  readonly facility: string;
  readonly start: string;
  readonly minutes: number;
  readonly sources: readonly {
    readonly sourceId: number;
    readonly revision: number;
    readonly firedSeconds: readonly number[];
    readonly grossLoad: readonly (number | null)[];
    readonly readings: readonly (readonly (number | null)[])[];
    readonly statuses: readonly string[];
  }[];
}

export type Verdict = { readonly good: Minutes } | { readonly code: QuarantineCode };

type Json = Readonly<Record<string, unknown>>;

const LETTERS = 'NXFCQMHLOUDV';
/** The first of two that both apply. */
const RANK = 'NXFCQMHLOUDV';
const NAME = /^[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,31}$/;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasOnly = (value: Json, required: readonly string[], optional: readonly string[] = []): boolean =>
  required.every((key) => Object.hasOwn(value, key)) &&
  Object.keys(value).every((key) => required.includes(key) || optional.includes(key));

const isWhole = (value: unknown, low: number, high: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;

const isReading = (value: unknown): boolean => {
  if (value === null || value === 0) return true;
  return typeof value === 'number' && Math.abs(value) >= 1e-30 && Math.abs(value) <= 1e12;
};

const minuteOf = (text: unknown): number | undefined => {
  const found = typeof text === 'string' ? /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)Z$/.exec(text) : null;
  if (!found) return undefined;
  const [year, month, day, hour, minute] = found.slice(1).map(Number) as [number, number, number, number, number];
  if (year < 1970 || year > 2099 || hour > 23 || minute > 59) return undefined;
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute));
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === day ? time.getTime() / 60_000 : undefined;
};

const isList = (value: unknown, length: number, each: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.length === length && value.every(each);

const isSource = (value: unknown, minutes: number, width: number): boolean => {
  if (!isObject(value)) return false;
  if (!hasOnly(value, ['source', 'firedSeconds', 'grossLoad', 'readings', 'statuses'], ['revision'])) return false;
  const { source, revision, firedSeconds, grossLoad, readings, statuses } = value;
  if (typeof source !== 'string' || !NAME.test(source)) return false;
  if (Object.hasOwn(value, 'revision') && !isWhole(revision, 0, 2 ** 31 - 1)) return false;
  if (!isList(firedSeconds, minutes, (seconds) => isWhole(seconds, 0, 60))) return false;
  if (!isList(grossLoad, minutes, isReading) || !isList(readings, minutes * width, isReading)) return false;
  if (typeof statuses !== 'string' || statuses.length !== minutes * width) return false;
  return [...statuses].every((letter, i) => {
    if (letter === '.') return readings[i] === null;
    if (!LETTERS.includes(letter)) return false;
    return letter === 'V' ? readings[i] !== null : letter !== 'N' || readings[i] === null;
  });
};

const keepsContract = (message: unknown): message is Json => {
  if (!isObject(message) || !hasOnly(message, ['v', 'start', 'minutes', 'channels', 'sources'])) return false;
  const { start, minutes, channels, sources } = message;
  if (minuteOf(start) === undefined || !isWhole(minutes, 1, 60)) return false;
  if (!Array.isArray(channels) || channels.length > 64) return false;
  if (!channels.every((name) => typeof name === 'string' && NAME.test(name))) return false;
  if (new Set(channels).size < channels.length) return false;
  if (!Array.isArray(sources) || sources.length > 200) return false;
  if (!sources.every((source) => isSource(source, minutes, channels.length))) return false;
  return new Set(sources.map(({ source }) => source)).size === sources.length;
};

const judgeByPlan = (message: Json, { plan, sourceIds }: PlannedFacility): Verdict => {
  const { minutes, channels } = message as { minutes: number; channels: string[] };
  const start = minuteOf(message.start)!;
  if (start + minutes - 1 > NOW_MINUTE + 15) return { code: 'FUTURE' };
  const known = plan.sources.flatMap(({ versions }) =>
    versions.flatMap((one) => one.channels.map((each) => each.channel)),
  );
  if (channels.some((name) => !known.includes(name))) {
    const strangers = (message.sources as { source: string }[]).some(
      ({ source }) => !plan.sources.some((one) => one.source === source),
    );
    return { code: strangers ? 'UNKNOWN_SOURCE' : 'UNKNOWN_CHANNEL' };
  }
  const sources: Minutes['sources'][number][] = [];
  for (const from of message.sources as {
    source: string;
    revision?: number;
    firedSeconds: number[];
    grossLoad: (number | null)[];
    readings: (number | null)[];
    statuses: string;
  }[]) {
    const source = plan.sources.find((one) => one.source === from.source);
    if (!source) return { code: 'UNKNOWN_SOURCE' };
    const readings: (number | null)[][] = [];
    const statuses: string[] = [];
    for (let m = 0; m < minutes; m++) {
      const version = source.versions
        .filter(({ effectiveFrom }) => minuteOf(effectiveFrom)! <= start + m)
        .sort((a, b) => minuteOf(b.effectiveFrom)! - minuteOf(a.effectiveFrom)!)[0];
      if (!version) return { code: 'NO_PLAN_IN_FORCE' };
      const width = Math.max(...version.channels.map(({ position }) => position));
      const row: (number | null)[] = Array(width).fill(null);
      const letters: string[] = Array(width).fill('.');
      for (const { position } of version.channels) letters[position - 1] = 'N';
      for (const [c, name] of channels.entries()) {
        const letter = from.statuses[m * channels.length + c]!;
        const fitted = version.channels.find(({ channel }) => channel === name);
        if (!fitted) {
          if (letter !== '.') return { code: 'CHANNEL_NOT_FITTED' };
          continue;
        }
        if (letter === '.') continue;
        const value = from.readings[m * channels.length + c]!;
        const found = value === null ? '' : value > fitted.range.high ? 'H' : value < fitted.range.low ? 'L' : '';
        row[fitted.position - 1] = value;
        letters[fitted.position - 1] = found !== '' && RANK.indexOf(found) < RANK.indexOf(letter) ? found : letter;
      }
      readings.push(row);
      statuses.push(letters.join(''));
    }
    const { revision = 0, firedSeconds, grossLoad } = from;
    sources.push({ sourceId: sourceIds.get(from.source)!, revision, firedSeconds, grossLoad, readings, statuses });
  }
  return { good: { facility: plan.facility, start: message.start as string, minutes, sources } };
};

const judgeMessage = (text: string, facility: string): Verdict => {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { code: 'UNREADABLE' };
  }
  if (typeof message === 'object' && message !== null && Object.hasOwn(message, 'v') && (message as Json).v !== 1)
    return { code: 'WRONG_VERSION' };
  if (!keepsContract(message)) return { code: 'CONTRACT' };
  const planned = PLANNED.get(facility);
  return planned ? judgeByPlan(message, planned) : { code: 'UNKNOWN_FACILITY' };
};

const MIB = 1024 * 1024;

/** Of a record as it lies in the stream: what must come out, or the code under which it must be kept. */
export const judge = (record: Uint8Array): Verdict => {
  let envelope: unknown;
  try {
    envelope = JSON.parse(Buffer.from(record).toString('utf8'));
  } catch {
    return { code: 'BAD_ENVELOPE' };
  }
  if (!isObject(envelope)) return { code: 'BAD_ENVELOPE' };
  const { payload, facility, thing, received } = envelope;
  if (typeof payload !== 'string' || typeof facility !== 'string' || typeof thing !== 'string')
    return { code: 'BAD_ENVELOPE' };
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(facility) || !/^[A-Za-z0-9:_-]{1,128}$/.test(thing))
    return { code: 'BAD_ENVELOPE' };
  if (!isWhole(received, 0, Number.MAX_SAFE_INTEGER)) return { code: 'BAD_ENVELOPE' };
  const bytes = Buffer.from(payload, 'base64');
  if (bytes.length > 96 * 1024) return { code: 'TOO_LARGE' };
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x1f8b) return { code: 'NOT_COMPRESSED' };
  let unpacked: Buffer;
  try {
    // One byte more than allowed, so that too large is told from broken by its length.
    unpacked = gunzipSync(bytes, { maxOutputLength: MIB + 1 });
  } catch (error) {
    return {
      code: (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'TOO_LARGE' : 'UNREADABLE_COMPRESSION',
    };
  }
  return unpacked.length > MIB ? { code: 'TOO_LARGE' } : judgeMessage(unpacked.toString('utf8'), facility);
};
