import { frameSize, type NewRecord, writeFrame } from './frame.ts';

const SLAB_BYTES = 256 * 1024;

/** Frames on their way to a file, side by side in one buffer. */
export interface Slab {
  readonly empty: boolean;
  add(record: NewRecord, arrival: number): void;
  /** What was added, and where in it each record begins. What is added from now on goes into another buffer. */
  take(): { readonly bytes: Buffer; readonly starts: readonly number[] };
  /** A buffer that `take` gave out and that is written, to be used again. */
  giveBack(bytes: Buffer): void;
}

export const slab = (): Slab => {
  let buffer: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  let spare: Buffer | undefined;
  let used = 0;
  let starts: number[] = [];

  const reserve = (bytes: number) => {
    if (used + bytes <= buffer.length) return;
    const larger: Buffer = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + bytes));
    buffer.copy(larger, 0, 0, used);
    buffer = larger;
  };

  return {
    get empty() {
      return used === 0;
    },
    add: (record, arrival) => {
      const keyBytes = Buffer.byteLength(record.key);
      const size = frameSize(keyBytes, record.data.length);
      reserve(size);
      writeFrame(buffer, used, record, keyBytes, arrival);
      starts.push(used);
      used += size;
    },
    take: () => {
      const taken = { bytes: buffer.subarray(0, used), starts };
      buffer = spare ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      spare = undefined;
      used = 0;
      starts = [];
      return taken;
    },
    giveBack: (bytes) => {
      // One that has grown for a burst is left to the garbage collector.
      if (bytes.buffer.byteLength === SLAB_BYTES) spare = Buffer.from(bytes.buffer);
    },
  };
};
