import { gunzipSync, gzipSync } from 'node:zlib';
import {
  MAX_COMPRESSED_BYTES,
  MAX_DECOMPRESSED_BYTES,
  MAX_MINUTES,
  type MeasurementMessage,
} from '#core/contracts/measurement-message';
import { minuteOfText, textOfMinute } from '#core/time';
import { cut, type FacilityMinutes } from './facility-minutes.ts';

/** Minutes as they travel: gzip'ed JSON of the measurement message. */
export interface EncodedMinutes {
  readonly start: number;
  readonly minutes: number;
  readonly body: Uint8Array;
}

const jsonOf = ({ start, minutes, channels, sources }: FacilityMinutes): string =>
  JSON.stringify({ v: 1, start: textOfMinute(start), minutes, channels, sources } satisfies {
    [K in keyof MeasurementMessage]: unknown;
  });

/** One message, or undefined when it would be longer than the cloud takes. */
export const encodeWhole = (block: FacilityMinutes): EncodedMinutes | undefined => {
  if (block.minutes > MAX_MINUTES) return undefined;
  const json = jsonOf(block);
  if (Buffer.byteLength(json) > MAX_DECOMPRESSED_BYTES) return undefined;
  // Level 6 (zlib's default) makes an hour of 20 x 15 readings a third smaller than level 1, for 3 ms more.
  const body = gzipSync(json);
  return body.length < MAX_COMPRESSED_BYTES ? { start: block.start, minutes: block.minutes, body } : undefined;
};

/**
 * The fewest messages that hold these minutes, found by halving.
 * @throws RangeError when a single minute is longer than a message may be: the facility has too many channels
 */
export const encode = (block: FacilityMinutes): EncodedMinutes[] => {
  const whole = encodeWhole(block);
  if (whole) return [whole];
  if (block.minutes === 1)
    throw new RangeError(
      `minute ${textOfMinute(block.start)} of ${block.sources.length} sources x ${block.channels.length} channels does not fit in a message of ${MAX_COMPRESSED_BYTES} bytes; give the facility's sources to two agents`,
    );
  const half = Math.min(MAX_MINUTES, Math.ceil(block.minutes / 2));
  return [...encode(cut(block, 0, half)), ...encode(cut(block, half, block.minutes))];
};

/** Reads back what `encode` made; not for foreign messages, which need the contract's checks. */
export const decode = (body: Uint8Array): FacilityMinutes => {
  const message = JSON.parse(gunzipSync(body).toString('utf8')) as MeasurementMessage;
  return {
    start: minuteOfText(message.start),
    minutes: message.minutes,
    channels: message.channels,
    sources: message.sources,
  };
};
