import { gunzipSync } from 'node:zlib';
import { MAX_COMPRESSED_BYTES, MAX_DECOMPRESSED_BYTES } from '#core/contracts/measurement-message';
import type { QuarantineCode } from '#core/validation/quarantine-codes';
import { type Envelope, envelope } from './envelope.ts';

export type Opened =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly code: QuarantineCode; readonly reason: string };

/** Reads the topic rule's envelope. */
export const openEnvelope = (text: string): Opened => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, code: 'BAD_ENVELOPE', reason: `not JSON: ${(error as Error).message}` };
  }
  const parsed = envelope.safeParse(value);
  if (parsed.success) return { ok: true, envelope: parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, code: 'BAD_ENVELOPE', reason: `${issue?.path.join('.') || 'envelope'}: ${issue?.message}` };
};

export type Decompressed =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly code: QuarantineCode; readonly reason: string };

/** Unpacks a payload as the agent packed it, gzip; a small message that unpacks without end is stopped in time. */
export const decompress = (payload: string): Decompressed => {
  const bytes = Buffer.from(payload, 'base64');
  if (bytes.length > MAX_COMPRESSED_BYTES)
    return {
      ok: false,
      code: 'TOO_LARGE',
      reason: `message has ${bytes.length} bytes, at most ${MAX_COMPRESSED_BYTES} are allowed`,
    };
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b)
    return { ok: false, code: 'NOT_COMPRESSED', reason: 'message does not begin as gzip does' };
  try {
    return { ok: true, json: gunzipSync(bytes, { maxOutputLength: MAX_DECOMPRESSED_BYTES }).toString('utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return { ok: false, code: 'TOO_LARGE', reason: `message unpacks to more than ${MAX_DECOMPRESSED_BYTES} bytes` };
    return { ok: false, code: 'UNREADABLE_COMPRESSION', reason: `cannot be unpacked: ${(error as Error).message}` };
  }
};
