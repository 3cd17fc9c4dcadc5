import { statfsSync } from 'node:fs';

const MB = 1024 * 1024;
/** The disk is full for new minutes with this much left, so that what frees room can still be written. */
const RESERVE_BYTES = 4 * MB;
/** The same when the buffer's file has unused room inside: it may have to grow all the same, by what is written. */
const LEAST_BESIDE_BYTES = 2 * MB;
const LEAST_INSIDE_BYTES = 2 * MB;
/** Taking minutes out writes a few pages as well. */
const FOR_LESS_BYTES = MB;
/** A write takes whole pages, adjacent ones for a message, and copies those of the tree above it. */
const ROOM_A_BYTE = 3;

/** Free bytes of the disk on which a folder lies, for users that are not root. */
export const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** May so many bytes be added? `inside` gives the bytes that the buffer's file has claimed and does not use. */
export const hasRoomForMore = (free: number, bytes: number, inside: () => number): boolean =>
  free >= RESERVE_BYTES + ROOM_A_BYTE * bytes ||
  (free >= LEAST_BESIDE_BYTES + bytes && inside() >= LEAST_INSIDE_BYTES + ROOM_A_BYTE * bytes);

/** May minutes be taken out, which makes room? */
export const hasRoomForLess = (free: number): boolean => free >= FOR_LESS_BYTES;
