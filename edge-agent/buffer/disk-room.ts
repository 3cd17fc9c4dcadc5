import { statfsSync } from 'node:fs';

const MB = 1024 * 1024;
/** The disk is full for new minutes at this much, so that what frees room can still be written. */
const FOR_MORE_BYTES = 32 * MB;
/** Room inside the buffer's file in which new minutes fit whatever their sizes: pages of a message must be adjacent. */
const INSIDE_BYTES = 8 * MB;
const BESIDE_BYTES = 4 * MB;
/** Taking minutes out writes a few pages as well. */
const FOR_LESS_BYTES = MB;

/** Free bytes of the disk on which a folder lies, for users that are not root. */
export const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** May minutes be added? `inside` gives the bytes that the buffer's file has claimed and does not use. */
export const hasRoomForMore = (free: number, inside: () => number): boolean =>
  free >= FOR_MORE_BYTES || (free >= BESIDE_BYTES && inside() >= INSIDE_BYTES);

/** May minutes be taken out, which makes room? */
export const hasRoomForLess = (free: number): boolean => free >= FOR_LESS_BYTES;
