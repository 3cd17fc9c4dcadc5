import { createHash } from 'node:crypto';
import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { MetricUnit, observed } from '#adapters/observed';
import type { MeasurementMessage } from '#core/contracts/measurement-message';
import type { LandingStore, PlanStore, QuarantinedRecord, QuarantineStore, Stream, StreamRecord } from '#core/ports';
import type { QuarantineCode } from '#core/validation/quarantine-codes';
import { readMessage } from '#core/validation/read-message';
import { type ValidatedMessage, validateMessage } from '#core/validation/validate-message';
import { decompress, openEnvelope } from './decode.ts';
import { recordsOf } from './records.ts';

export interface ValidateMeasurements {
  readonly landing: LandingStore;
  readonly plans: PlanStore;
  readonly quarantine: QuarantineStore;
  readonly validated: Stream;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/**
 * First the batch is kept as received, then worked on. What can never become valid is quarantined and does not hold up
 * the rest; whatever a machine does wrong fails the batch, which is then given again as a whole: every write may repeat.
 */
export const makeHandler = ({ landing, plans, quarantine, validated, now }: ValidateMeasurements) => {
  const { logger, metrics, middleware } = observed('validate-measurements');

  /**
   * A source or facility may have been added a moment ago: before the plan is the reason to refuse, it is looked up
   * once more.
   */
  const holdAgainstPlan = async (message: MeasurementMessage, facility: string): Promise<ValidatedMessage> => {
    const nowMinute = Math.floor(now() / 60_000);
    const known = await plans.planOf(facility);
    const result = known ? validateMessage(message, known, nowMinute) : noPlan(facility);
    if (result.ok || !PLAN_MAY_BE_OLD.has(result.code)) return result;
    const fresh = await plans.planOf(facility, { fresh: true });
    return fresh && fresh !== known ? validateMessage(message, fresh, nowMinute) : result;
  };

  const validate = async (data: Uint8Array): Promise<readonly StreamRecord[] | Rejection> => {
    const opened = openEnvelope(Buffer.from(data).toString('utf8'));
    if (!opened.ok) return reject(data, opened);
    const { facility, thing, received, payload } = opened.envelope;
    const from = { facility, thing, received };
    const unpacked = decompress(payload);
    if (!unpacked.ok) return reject(data, unpacked, from);
    const read = readMessage(unpacked.json);
    if (!read.ok) return reject(data, read, from);
    const result = await holdAgainstPlan(read.message, facility);
    if (!result.ok) return reject(data, result, from);
    return recordsOf(result.validated).map((text) => ({ key: facility, data: text }));
  };

  const handle = async (event: KinesisStreamEvent) => {
    const records = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64'));
    const lines = Buffer.concat(records.flatMap((record) => [record, NEWLINE]));
    await landing.put(landingKey(event), lines, 'application/x-ndjson');

    const good: StreamRecord[] = [];
    const bad: Rejection[] = [];
    let messages = 0;
    for (const data of records) {
      const result = await validate(data);
      if ('code' in result) bad.push(result);
      else {
        good.push(...result);
        messages++;
      }
    }
    for (const { record, data } of bad) await landing.put(record.objectKey, data, 'application/json');
    await quarantine.add(bad.map(({ record }) => record));
    for (const { record } of bad)
      logger.warn('message quarantined', { code: record.code, reason: record.reason, key: record.objectKey });
    await validated.put(good);

    metrics.addMetric('MessagesValidated', MetricUnit.Count, messages);
    if (bad.length > 0) metrics.addMetric('MessagesQuarantined', MetricUnit.Count, bad.length);
    return { batchItemFailures: [] };
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};

const NEWLINE = Buffer.from('\n');

const noPlan = (facility: string): ValidatedMessage => ({
  ok: false,
  code: 'UNKNOWN_FACILITY',
  reason: `no monitoring plan for facility ${facility}`,
});

const PLAN_MAY_BE_OLD: ReadonlySet<QuarantineCode> = new Set([
  'UNKNOWN_FACILITY',
  'UNKNOWN_SOURCE',
  'UNKNOWN_CHANNEL',
  'CHANNEL_NOT_FITTED',
  'NO_PLAN_IN_FORCE',
]);

const MAX_REASON = 500;

interface Rejection {
  readonly code: QuarantineCode;
  readonly record: QuarantinedRecord;
  readonly data: Uint8Array;
}

const reject = (
  data: Uint8Array,
  { code, reason }: { readonly code: QuarantineCode; readonly reason: string },
  from: { facility: string; thing: string; received: number } | undefined = undefined,
): Rejection => {
  const recordId = createHash('sha256').update(data).digest('hex');
  return {
    code,
    data,
    record: {
      recordId,
      code,
      // It may quote what was sent, and half a character is refused by what is to keep it.
      reason: reason.slice(0, MAX_REASON).toWellFormed(),
      facility: from?.facility ?? null,
      thing: from?.thing ?? null,
      received: from?.received ?? null,
      objectKey: `quarantine/${code}/${recordId}.json`,
    },
  };
};

/** By the day and hour of arrival, then shard and first sequence number: the same batch has the same key again. */
const landingKey = ({ Records }: KinesisStreamEvent): string => {
  const first = Records[0]!;
  const arrived = new Date(first.kinesis.approximateArrivalTimestamp * 1000).toISOString();
  const shard = first.eventID.split(':')[0];
  return `measurements/${arrived.slice(0, 13).replace(/[-T]/g, '/')}/${shard}-${first.kinesis.sequenceNumber}.ndjson`;
};
