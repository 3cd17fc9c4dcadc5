import { FINDING, STATUS } from '#core/contracts/status';
import type { Sign, Tone } from './state.ts';

/** How a reading's status looks, by its letter. */
const LOOKS: Readonly<Record<string, readonly [Tone, string]>> = {
  V: ['good', '●'],
  N: ['idle', '○'],
  X: ['bad', '✕'],
  F: ['bad', '■'],
  C: ['info', '◐'],
  Q: ['info', '◐'],
  M: ['info', '◐'],
  H: ['warn', '▲'],
  L: ['warn', '▼'],
  O: ['idle', '○'],
  U: ['info', '◔'],
  D: ['info', '◕'],
  R: ['warn', '◆'],
  S: ['warn', '◆'],
  T: ['warn', '◇'],
  '.': ['idle', '·'],
};

/** The meaning of a status or finding letter. */
export const letterWords = (letter: string): string =>
  letter === '.'
    ? 'no such analyser'
    : (({ ...STATUS, ...FINDING } as Readonly<Record<string, string>>)[letter] ?? `status ${letter}`);

/** @param word the meaning as the API gives it; without it the meaning of the letter */
export const readingSign = (letter: string, word = letterWords(letter)): Sign => {
  const [tone, symbol] = LOOKS[letter] ?? ['idle', '?'];
  return { tone, symbol, word };
};

/** What was left out of a mean, the most first. @example '3 × calibration (C), 1 × no data (N)' */
export const leftOutWords = (leftOut: Readonly<Record<string, number>>): string =>
  Object.entries(leftOut)
    .sort(([, a], [, b]) => b - a)
    .map(([letter, minutes]) => `${minutes} × ${letterWords(letter)} (${letter})`)
    .join(', ');
