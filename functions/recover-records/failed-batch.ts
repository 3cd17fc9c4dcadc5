import * as z from 'zod';
import { jsonOf, type Redrivable, readAs } from './redrivable.ts';

/**
 * What Lambda writes to the S3 on-failure destination of a Kinesis mapping: the invocation record, with the whole event
 * as text. https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
const invocationRecord = z.object({
  KinesisBatchInfo: z.object({ streamArn: z.string(), batchSize: z.int() }),
  payload: z.string(),
});

const kinesisEvent = z.object({
  Records: z.array(z.object({ kinesis: z.object({ partitionKey: z.string().min(1), data: z.base64() }) })).min(1),
});

/**
 * The records of a batch that ran out of retries, with the keys and bytes they had, for the stream they came from.
 * @throws Error when the object is not such a batch, or not of one of `streams`
 */
export const failedBatch = (body: Uint8Array, streams: readonly string[]): Redrivable => {
  const { KinesisBatchInfo, payload } = readAs(invocationRecord, jsonOf(body), 'a failed batch with its records');
  const { Records } = readAs(kinesisEvent, jsonOf(Buffer.from(payload)), 'a failed batch of a stream');
  const streamName = KinesisBatchInfo.streamArn.split('/').at(-1)!;
  if (!streams.includes(streamName)) throw new Error(`stream ${streamName} is not one of this deployment`);
  if (Records.length !== KinesisBatchInfo.batchSize)
    throw new Error(`it says ${KinesisBatchInfo.batchSize} records and has ${Records.length}`);
  return {
    streamName,
    records: Records.map(({ kinesis: { partitionKey, data } }) => ({
      key: partitionKey,
      data: Buffer.from(data, 'base64'),
    })),
  };
};
