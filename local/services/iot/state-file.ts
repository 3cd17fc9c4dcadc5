import type * as z from 'zod';
import { readIfThere, writeAtomically } from '../owned-file.ts';

/** A small state that is kept as one JSON file and replaced as a whole. */
export interface StateFile<State> {
  readonly state: State;
  save(): void;
}

/** @throws Error that names the file when it cannot be read */
export const openStateFile = <State>(file: string, schema: z.ZodType<State>, empty: State): StateFile<State> => {
  const text = readIfThere(file);
  const read = (): State => {
    if (text === undefined) return empty;
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw new Error(`${file} cannot be read; move it away to start with an empty one`, { cause });
    }
  };
  const state = read();
  return { state, save: () => writeAtomically(file, `${JSON.stringify(state)}\n`) };
};
