import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { QuarantinedRecord, StreamRecord } from '#core/ports';
import { QUARANTINE } from '#core/validation/quarantine-codes';
import { makeHandler } from '../../../functions/validate-measurements/handler.ts';
import { context, kinesisEvent } from '../../functions/events.ts';
import { fuzzedRecord } from './messages.ts';
import { judge, type Minutes } from './oracle.ts';
import { NOW_MINUTE, PLANNED } from './plans.ts';

const BATCH = 100;
/** Kinesis takes no longer record. */
const MAX_RECORD_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

export interface Figures {
  readonly messages: number;
  readonly good: number;
  /** Good messages that became several records, because one would have been too long. */
  readonly split: number;
  readonly quarantined: Readonly<Record<string, number>>;
  /** By the way in which messages were made: how many, and how many of them were taken. */
  readonly ways: Readonly<Record<string, { readonly made: number; readonly taken: number }>>;
  readonly peakMib: number;
  readonly failures: readonly string[];
}

/** Ports that keep the promises of the real ones as to what they refuse, and remember only the batch at work. */
const strictPorts = () => {
  const batch = {
    validated: [] as StreamRecord[],
    quarantined: [] as QuarantinedRecord[],
    objects: new Map<string, string>(),
  };
  const sha = (body: Uint8Array | string) => createHash('sha256').update(body).digest('hex');
  return {
    batch,
    clear: () => {
      batch.validated = [];
      batch.quarantined = [];
      batch.objects.clear();
    },
    landing: {
      put: async (key: string, body: Uint8Array | string) => {
        if (!/^[\w./-]{1,1024}$/.test(key)) throw new Error(`no key for an object: ${key}`);
        batch.objects.set(key, sha(body));
      },
    },
    plans: { planOf: async (facility: string) => PLANNED.get(facility) },
    quarantine: {
      add: async (records: readonly QuarantinedRecord[]) => {
        for (const { code, reason, facility, thing, received, objectKey } of records) {
          if (!(code in QUARANTINE)) throw new Error(`no code of the list: ${code}`);
          if (reason === '' || reason.length > 500) throw new Error(`a reason of ${reason.length} characters`);
          // The database takes text that is UTF-8 without NUL; of the reason, the adapter takes NUL out.
          const texts = [reason.replaceAll('\0', ''), facility ?? '', thing ?? '', objectKey];
          if (texts.some((text) => !text.isWellFormed() || text.includes('\0')))
            throw new Error(`text that the database refuses: ${JSON.stringify(texts)}`);
          if (received !== null && Math.abs(received) > 9_224_318_015_999_000)
            throw new Error(`a time that the database refuses: ${received}`);
        }
        batch.quarantined.push(...records);
      },
    },
    validated: {
      put: async (records: readonly StreamRecord[]) => {
        for (const { key, data } of records)
          if (Buffer.byteLength(data) + key.length > MAX_RECORD_BYTES)
            throw new Error(`a record of ${Buffer.byteLength(data)} bytes, which the stream refuses`);
        batch.validated.push(...records);
      },
    },
  };
};

/** What is compared of validated minutes; -0 is 0, as in JSON. */
const comparable = ({ facility, start, minutes, sources }: Minutes): string =>
  JSON.stringify([
    facility,
    start,
    minutes,
    sources.map(({ sourceId, revision, firedSeconds, grossLoad, readings, statuses }) => [
      sourceId,
      revision,
      firedSeconds,
      grossLoad,
      readings,
      statuses,
    ]),
  ]);

/** Parts that do not belong together give something that is not equal to what is expected. */
const joined = (parts: readonly Minutes[]): Minutes => ({
  ...parts[0]!,
  minutes: parts.reduce((sum, { minutes }) => sum + minutes, 0),
  sources: parts[0]!.sources.map((source, s) => ({
    ...source,
    firedSeconds: parts.flatMap((part) => part.sources[s]?.firedSeconds ?? []),
    grossLoad: parts.flatMap((part) => part.sources[s]?.grossLoad ?? []),
    readings: parts.flatMap((part) => part.sources[s]?.readings ?? []),
    statuses: parts.flatMap((part) => part.sources[s]?.statuses ?? []),
  })),
});

/**
 * Sends fuzzed messages through validate-measurements, in batches, and holds what comes out against what must: no
 * failure of the handler, each good message whole and in order, each bad one quarantined once under the right code and
 * kept as it came.
 */
export const fuzz = async (
  { messages, seed }: { readonly messages: number; readonly seed: number },
  onProgress: (done: number) => void = () => {},
): Promise<Figures> => {
  const ports = strictPorts();
  const handler = makeHandler({ ...ports, now: () => NOW_MINUTE * 60_000 + 30_000 });
  const quarantined: Record<string, number> = {};
  const ways: Record<string, { made: number; taken: number }> = {};
  const failures: string[] = [];
  let good = 0;
  let split = 0;
  let peak = 0;
  const fail = (n: number, way: string, what: string) => {
    if (failures.length < 20) failures.push(`message ${n} (${way}): ${what}`);
  };

  for (let first = 0; first < messages && failures.length < 20; first += BATCH) {
    const made = Array.from({ length: Math.min(BATCH, messages - first) }, (_, i) => fuzzedRecord(seed, first + i));
    const event = kinesisEvent([]);
    const [sample] = kinesisEvent([{ key: 'P1', data: '' }], first).Records;
    for (const { record } of made)
      event.Records.push({ ...sample!, kinesis: { ...sample!.kinesis, data: Buffer.from(record).toString('base64') } });
    ports.clear();
    try {
      await handler(event, context);
    } catch (error) {
      failures.push(`batch from message ${first}: the handler failed: ${error}`);
      continue;
    }
    const { batch } = ports;
    let v = 0;
    let q = 0;
    for (const [i, { way, record }] of made.entries()) {
      const counts = ways[way] ?? { made: 0, taken: 0 };
      ways[way] = counts;
      counts.made++;
      const verdict = judge(record);
      if ('good' in verdict) {
        good++;
        counts.taken++;
        const parts: Minutes[] = [];
        for (let left = verdict.good.minutes; left > 0 && v < batch.validated.length; ) {
          const part = JSON.parse(batch.validated[v++]!.data) as Minutes;
          parts.push(part);
          left -= part.minutes;
        }
        if (parts.length > 1) split++;
        const out = parts.length > 0 ? comparable(joined(parts)) : 'nothing';
        if (out !== comparable(verdict.good))
          fail(first + i, way, `expected ${comparable(verdict.good).slice(0, 300)}, got ${out.slice(0, 300)}`);
      } else {
        const found = batch.quarantined[q++];
        quarantined[verdict.code] = (quarantined[verdict.code] ?? 0) + 1;
        if (found?.code !== verdict.code)
          fail(first + i, way, `expected ${verdict.code}, got ${found?.code ?? 'nothing'}: ${found?.reason}`);
        else if (batch.objects.get(found.objectKey) !== createHash('sha256').update(record).digest('hex'))
          fail(first + i, way, 'the quarantined object is not the record as it came');
      }
    }
    if (v !== batch.validated.length) fail(first, 'batch', `${batch.validated.length - v} records too many`);
    if (q !== batch.quarantined.length) fail(first, 'batch', `${batch.quarantined.length - q} quarantined too many`);
    peak = Math.max(peak, process.memoryUsage().rss);
    // As between two invocations: what zlib has left is cleared away by the event loop, which an await of what is
    // ready does not reach.
    await setImmediate();
    onProgress(first + made.length);
  }
  return { messages, good, split, quarantined, ways, peakMib: Math.round(peak / MIB), failures };
};
