import { setTimeout as sleep } from 'node:timers/promises';
import { KinesisClient, type KinesisClientConfig, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { EmissionWatchError } from '#core/errors';
import type { Stream } from '#core/ports';

/** PutRecords takes 500 records and 5 MiB; a little room for the rest of the request. */
const MAX_RECORDS = 500;
const MAX_BYTES = 4.5 * 1024 * 1024;
const ATTEMPTS = 8;

/** A stream kept refusing records; the caller's batch is to be tried again. */
export class StreamRefusedError extends EmissionWatchError {
  readonly code = 'EW-STREAM-REFUSED';
  readonly retryable = true;
}

/** HTTP/1.1 on purpose: the client's default HTTP/2 handler gains nothing for few large calls. */
export const kinesisClient = (config: KinesisClientConfig = {}) =>
  new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() });

/** A record whose data need not be text. */
export interface RawRecord {
  readonly key: string;
  readonly data: string | Uint8Array;
}

/** A Kinesis stream. PutRecords may take some records and refuse others: only the refused are sent again. */
export const kinesisStream = (
  streamName: string,
  client: KinesisClient = kinesisClient(),
): { readonly put: (records: readonly RawRecord[]) => ReturnType<Stream['put']> } => ({
  put: async (records) => {
    for (const chunk of chunks(records)) {
      let left = chunk;
      for (let attempt = 1; left.length > 0; attempt++) {
        const { Records = [] } = await client.send(
          new PutRecordsCommand({
            StreamName: streamName,
            Records: left.map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data) })),
          }),
        );
        // Only a sequence number says that a record was taken.
        const refused = left.filter((_, i) => !Records[i]?.SequenceNumber);
        if (refused.length > 0 && attempt === ATTEMPTS)
          throw new StreamRefusedError(`stream ${streamName} refused ${refused.length} record(s) ${ATTEMPTS} times`, {
            stream: streamName,
            error: Records.find(({ ErrorCode }) => ErrorCode)?.ErrorCode,
          });
        if (refused.length > 0) await sleep(Math.random() * 50 * 2 ** attempt);
        left = refused;
      }
    }
  },
});

const chunks = (records: readonly RawRecord[]): RawRecord[][] => {
  const all: RawRecord[][] = [];
  let bytes = MAX_BYTES;
  for (const record of records) {
    const size = Buffer.byteLength(record.data) + record.key.length;
    if (bytes + size > MAX_BYTES || all.at(-1)!.length === MAX_RECORDS) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1)!.push(record);
    bytes += size;
  }
  return all;
};
