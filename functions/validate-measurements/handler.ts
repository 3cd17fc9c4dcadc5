import { createHash } from 'node:crypto';
import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { MetricUnit, observed } from '#adapters/observed';
import type { LandingStore, PlanStore, QuarantinedRecord, QuarantineStore, Stream, StreamRecord } from '#core/ports';
import type { QuarantineCode } from '#core/validation/quarantine-codes';
import { readMessage } from '#core/validation/read-message';
import { validateMessage } from '#core/validation/validate-message';
import { decompress, openEnvelope } from './decode.ts';

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

  const validate = async (data: string): Promise<StreamRecord | Rejection> => {
    const opened = openEnvelope(data);
    if (!opened.ok) return reject(data, opened);
    const { facility, thing, received, payload } = opened.envelope;
    const from = { facility, thing, received };
    const unpacked = decompress(payload);
    if (!unpacked.ok) return reject(data, unpacked, from);
    const read = readMessage(unpacked.json);
    if (!read.ok) return reject(data, read, from);
    const planned = await plans.planOf(facility);
    if (!planned)
      return reject(data, { code: 'UNKNOWN_FACILITY', reason: `no monitoring plan for facility ${facility}` }, from);
    const result = validateMessage(read.message, planned, Math.floor(now() / 60_000));
    if (!result.ok) return reject(data, result, from);
    return { key: facility, data: JSON.stringify(result.validated) };
  };

  const handle = async (event: KinesisStreamEvent) => {
    const records = event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString('utf8'));
    await landing.put(landingKey(event), `${records.join('\n')}\n`, 'application/x-ndjson');

    const good: StreamRecord[] = [];
    const bad: Rejection[] = [];
    for (const data of records) {
      const result = await validate(data);
      if ('code' in result) bad.push(result);
      else good.push(result);
    }
    for (const { record, data } of bad) await landing.put(record.objectKey, data, 'application/json');
    await quarantine.add(bad.map(({ record }) => record));
    for (const { record } of bad)
      logger.warn('message quarantined', { code: record.code, reason: record.reason, key: record.objectKey });
    await validated.put(good);

    metrics.addMetric('MessagesValidated', MetricUnit.Count, good.length);
    if (bad.length > 0) metrics.addMetric('MessagesQuarantined', MetricUnit.Count, bad.length);
    return { batchItemFailures: [] };
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};

const MAX_REASON = 500;

interface Rejection {
  readonly code: QuarantineCode;
  readonly record: QuarantinedRecord;
  readonly data: string;
}

const reject = (
  data: string,
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
      // It may quote what was sent.
      reason: reason.slice(0, MAX_REASON),
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
