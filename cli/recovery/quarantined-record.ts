import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { MAX_DECOMPRESSED_BYTES } from '#core/contracts/measurement-message';
import { readMessage } from '#core/validation/read-message';

/**
 * A record, or why there is none. Operators may not list the landing bucket, so that S3 does not tell them whether an
 * object that it refuses is missing or closed to them.
 */
export const recordAt = async (
  read: (objectKey: string) => Promise<Uint8Array | undefined>,
  objectKey: string,
): Promise<Uint8Array | string> => {
  try {
    return (await read(objectKey)) ?? `${objectKey} is not in the landing bucket`;
  } catch (error) {
    const { message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    if ($metadata?.httpStatusCode !== 403) throw error;
    return `${objectKey} is not in the landing bucket, or may not be read (${message})`;
  }
};

const envelope = z.object({ payload: z.string(), facility: z.string(), thing: z.string(), received: z.number() });

/** A quarantined record, opened as far as it can be. */
export interface OpenedRecord {
  readonly facility?: string;
  readonly thing?: string;
  readonly payloadBytes?: number;
  readonly text?: string;
  /** JSON of the message, whether or not it keeps the contract. */
  readonly message?: unknown;
  /** Why it could not be opened further, or where the message breaks the contract; undefined when it is sound. */
  readonly stoppedAt?: string;
}

export const openRecord = (record: Uint8Array): OpenedRecord => {
  let opened: OpenedRecord = {};
  try {
    const { payload, facility, thing } = envelope.parse(JSON.parse(Buffer.from(record).toString('utf8')));
    const bytes = Buffer.from(payload, 'base64');
    opened = { facility, thing, payloadBytes: bytes.length };
    const text = gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES }).toString('utf8');
    opened = { ...opened, text };
    opened = { ...opened, message: JSON.parse(text) };
    const read = readMessage(text);
    return read.ok ? opened : { ...opened, stoppedAt: read.reason };
  } catch (error) {
    const { message } = error instanceof z.ZodError ? error.issues[0]! : (error as Error);
    return { ...opened, stoppedAt: `${stageAfter(opened)}: ${message}` };
  }
};

const stageAfter = ({ payloadBytes, text }: OpenedRecord): string => {
  if (payloadBytes === undefined) return 'the record is not what the topic rule writes';
  return text === undefined ? 'the payload cannot be unpacked' : 'the message is not JSON';
};
