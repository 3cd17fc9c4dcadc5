/**
 * mulberry32's mixing as a stateless hash: a number in [0, 1) that depends on its arguments only. Having no state is
 * what lets a source or a chaos run go on after a restart exactly where it was.
 */
export const hashUnit = (seed: number, stream: number, n: number): number => {
  let a = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35) ^ Math.imul(n, 0x27d4eb2f)) | 0;
  a = (a + 0x6d2b79f5) | 0;
  let t = Math.imul(a ^ (a >>> 15), a | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

/** A sequence of numbers in [0, 1), the same for the same seed. */
export const seeded = (seed: number, stream = 0): (() => number) => {
  let n = 0;
  return () => hashUnit(seed, stream, n++);
};

/** FNV-1a, for spreading names evenly. */
export const hashText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
