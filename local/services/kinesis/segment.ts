import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arrivalAt, FRAME_HEADER, frameEnd, isWhole } from './frame.ts';

const SCAN_BYTES = 1024 * 1024;
/** A position is found by a mark at most this far before it. */
const MARK_EVERY = 256 * 1024;

interface Mark {
  readonly position: number;
  readonly offset: number;
}

/** A file of consecutive records, named after the position of its first. */
export interface Segment {
  readonly path: string;
  readonly firstPosition: number;
  readonly file: FileHandle;
  /** Bytes that hold whole records. */
  size: number;
  /** Arrival of the first record; undefined while there is none. */
  firstArrival: number | undefined;
  /** Undefined until somebody seeks in a segment of an earlier run. */
  marks: Mark[] | undefined;
}

export const SEGMENT_NAME = /^(\d{16})\.log$/;

export const createSegment = async (folder: string, firstPosition: number): Promise<Segment> => {
  const path = join(folder, `${String(firstPosition).padStart(16, '0')}.log`);
  return { path, firstPosition, file: await open(path, 'a+'), size: 0, firstArrival: undefined, marks: [] };
};

export const openSegment = async (folder: string, name: string): Promise<Segment> => {
  const path = join(folder, name);
  const file = await open(path, 'a+');
  const { size } = await file.stat();
  const head = Buffer.alloc(FRAME_HEADER);
  const { bytesRead } = await file.read(head, 0, FRAME_HEADER, 0);
  const firstArrival = bytesRead === FRAME_HEADER ? arrivalAt(head, 0) : undefined;
  return { path, firstPosition: Number(name.slice(0, 16)), file, size, firstArrival, marks: undefined };
};

export const removeSegment = async (segment: Segment): Promise<void> => {
  await segment.file.close();
  await rm(segment.path);
};

/** Notes where a record begins, if the last mark is far enough behind. */
export const mark = (segment: Segment, position: number, offset: number): void => {
  const marks = segment.marks;
  if (!marks) return;
  const last = marks.at(-1);
  if (!last || offset - last.offset >= MARK_EVERY) marks.push({ position, offset });
};

/** Offset of the record at `position`, which the segment must hold (or which comes right after its last). */
export const offsetOf = async (segment: Segment, position: number): Promise<number> => {
  if (!segment.marks) await rebuildMarks(segment);
  const before = segment.marks!.findLast((known) => known.position <= position);
  let at = before ?? { position: segment.firstPosition, offset: 0 };
  if (at.position === position) return at.offset;
  for await (const frame of frames(segment, at)) {
    at = { position: frame.position + 1, offset: frame.end };
    if (at.position === position) break;
  }
  if (at.position !== position) throw new Error(`${segment.path} holds no record ${position}`);
  return at.offset;
};

const rebuildMarks = async (segment: Segment): Promise<void> => {
  segment.marks = [];
  for await (const { position, offset } of frames(segment, { position: segment.firstPosition, offset: 0 })) {
    mark(segment, position, offset);
  }
};

/**
 * Cuts off what a kill has left half-written and counts the records before it.
 * Only the newest segment of a shard can have such a tail.
 */
export const repairTail = async (
  segment: Segment,
): Promise<{ readonly records: number; readonly cutBytes: number }> => {
  const found = segment.size;
  segment.marks = [];
  let records = 0;
  let sound = 0;
  for await (const { position, offset, end, whole } of frames(segment, {
    position: segment.firstPosition,
    offset: 0,
  })) {
    if (!whole()) break;
    mark(segment, position, offset);
    records++;
    sound = end;
  }
  if (sound < found) await segment.file.truncate(sound);
  segment.size = sound;
  if (records === 0) segment.firstArrival = undefined;
  return { records, cutBytes: found - sound };
};

interface Frame extends Mark {
  readonly end: number;
  readonly whole: () => boolean;
}

async function* frames(segment: Segment, from: Mark): AsyncGenerator<Frame> {
  let { position, offset } = from;
  let bytes: Buffer = Buffer.alloc(0);
  let start = offset;
  while (offset < segment.size) {
    let end = frameEnd(bytes, offset - start);
    if (end === undefined || end > bytes.length) {
      const wanted = Math.min(Math.max(SCAN_BYTES, (end ?? 0) - (offset - start)), segment.size - offset);
      bytes = await readAt(segment, offset, wanted);
      start = offset;
      end = frameEnd(bytes, 0);
      if (end === undefined) return;
    }
    const at = offset - start;
    const stop = end;
    const held = bytes;
    yield { position, offset, end: start + stop, whole: () => isWhole(held, at, stop) };
    position++;
    offset = start + stop;
  }
}

/** Up to `length` bytes from `offset`, fewer at the end of the segment. */
export const readAt = async (segment: Segment, offset: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, segment.size - offset)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await segment.file.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
};
