import type { Behaviour } from './definition.ts';

/** The first behaviour whose pattern fits; `*` stands for any characters, `?` for one. */
export const behaviourOf = (behaviours: readonly Behaviour[], path: string): Behaviour | undefined =>
  behaviours.find(({ pathPattern }) => patternOf(pathPattern).test(path));

const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );
