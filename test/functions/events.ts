import { gzipSync } from 'node:zlib';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import type { StreamRecord } from '#core/ports';

/** What the topic rule writes for a message. */
export const envelopeOf = (facility: string, message: unknown, received = 1_700_000_000_000): string =>
  JSON.stringify({
    payload: gzipSync(typeof message === 'string' ? message : JSON.stringify(message)).toString('base64'),
    facility,
    thing: `edge-${facility}`,
    received,
  });

/** A batch as Lambda hands it over. */
export const kinesisEvent = (records: readonly StreamRecord[], first = 0): KinesisStreamEvent => ({
  Records: records.map(({ key, data }, i) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: key,
      sequenceNumber: String(1000 + first + i),
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: 1_700_000_000 + first + i,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${1000 + first + i}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
    awsRegion: 'us-east-1',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/test',
  })),
});

export const context = { functionName: 'test', awsRequestId: 'test' } as Context;
