import { resolve } from 'node:path';

/** A file as the person means it who gives it: npm runs the agent in the repository, and says where it was called. */
export const givenPath = (file: string): string => {
  const { INIT_CWD } = process.env;
  return INIT_CWD === undefined || INIT_CWD === process.cwd() ? file : resolve(INIT_CWD, file);
};
