import { crc32 } from 'node:zlib';

/**
 * One record as it lies in a segment file: length (4 bytes, counts everything after the checksum), CRC-32 of that
 * (4), arrival in milliseconds (8, a double), bytes of the partition key (2), the key, the data.
 */
export const FRAME_HEADER = 18;
const CHECKED_FROM = 8;

export interface NewRecord {
  readonly key: string;
  readonly data: Uint8Array;
}

export interface StoredRecord extends NewRecord {
  /** Count of the shard's records before this one: what orders them, and what a sequence number is made of. */
  readonly position: number;
  /** Milliseconds since 1970, UTC. */
  readonly arrival: number;
  readonly data: Buffer;
}

export const frameSize = (keyBytes: number, dataBytes: number): number => FRAME_HEADER + keyBytes + dataBytes;

export const writeFrame = (target: Buffer, at: number, record: NewRecord, keyBytes: number, arrival: number): void => {
  const end = at + frameSize(keyBytes, record.data.length);
  target.writeUInt32LE(end - at - CHECKED_FROM, at);
  target.writeDoubleLE(arrival, at + 8);
  target.writeUInt16LE(keyBytes, at + 16);
  target.write(record.key, at + FRAME_HEADER, 'utf8');
  target.set(record.data, at + FRAME_HEADER + keyBytes);
  target.writeUInt32LE(crc32(target.subarray(at + CHECKED_FROM, end)), at + 4);
};

/** Where the frame at `at` ends, or undefined when `bytes` does not hold its header. */
export const frameEnd = (bytes: Buffer, at: number): number | undefined =>
  at + FRAME_HEADER <= bytes.length ? at + CHECKED_FROM + bytes.readUInt32LE(at) : undefined;

export const isWhole = (bytes: Buffer, at: number, end: number): boolean =>
  end <= bytes.length &&
  end >= at + FRAME_HEADER + bytes.readUInt16LE(at + 16) &&
  bytes.readUInt32LE(at + 4) === crc32(bytes.subarray(at + CHECKED_FROM, end));

export const arrivalAt = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + 8);

/** The record of a frame that lies whole in `bytes`; its data is a view, not a copy. */
export const readFrame = (bytes: Buffer, at: number, end: number, position: number): StoredRecord => {
  const data = at + FRAME_HEADER + bytes.readUInt16LE(at + 16);
  return {
    position,
    arrival: arrivalAt(bytes, at),
    key: bytes.toString('utf8', at + FRAME_HEADER, data),
    data: bytes.subarray(data, end),
  };
};
