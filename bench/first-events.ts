import { gzipSync } from 'node:zlib';
import type { Database } from '#adapters/data-api';
import { dataApiPlans } from '#adapters/data-api-plans';
import { textOfHour } from '#core/time';
import { readMessage } from '#core/validation/read-message';
import { validateMessage } from '#core/validation/validate-message';
import { facilityName, messages, START } from './workload.ts';

/** For each function that takes one: the event of one facility-minute, by the function's name. */
export const firstEvents = async (database: Database): Promise<ReadonlyMap<string, string>> => {
  const facility = facilityName(0);
  const [message] = [...messages(1, 1)];
  const planned = await dataApiPlans(database).planOf(facility);
  const read = readMessage(message!.json);
  if (!planned || !read.ok) throw new Error(`facility ${facility} has no plan, or its message cannot be read`);
  const result = validateMessage(read.message, planned, START / 60_000 + 1);
  if (!result.ok) throw new Error(result.reason);

  const envelope = {
    payload: gzipSync(message!.json).toString('base64'),
    facility,
    thing: `edge-${facility}`,
    received: START + 60_000,
  };
  const hour = { facility, source: planned.plan.sources[0]!.source, hour: textOfHour(START / 3_600_000) };
  return new Map([
    ['validate-measurements', kinesisEvent(facility, envelope)],
    ['calculate-emissions', kinesisEvent(facility, result.validated)],
    ['record-time-series', kinesisEvent(facility, result.validated)],
    ['check-compliance', kinesisEvent(facility, hour)],
    ['close-periods', '{}'],
  ]);
};

const kinesisEvent = (partitionKey: string, record: unknown): string =>
  JSON.stringify({
    Records: [
      {
        eventID: 'shardId-000000000000:1',
        kinesis: {
          partitionKey,
          sequenceNumber: '1',
          data: Buffer.from(JSON.stringify(record)).toString('base64'),
          approximateArrivalTimestamp: START / 1000 + 60,
        },
      },
    ],
  });
