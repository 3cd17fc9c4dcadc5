import { parseArgs } from 'node:util';

/** A command line that asks for something the benchmarks do not have. */
export class UsageError extends Error {}

/**
 * The parts that a command line names; all when it names none.
 * @returns 'help' when it asks for that
 * @throws UsageError that names what is wrong and what there is
 */
export const chosenParts = (args: readonly string[], parts: readonly string[]): readonly string[] | 'help' => {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  const unknown = positionals.filter((name) => !parts.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`no part ${unknown.map((name) => `'${name}'`).join(', ')}: there are ${parts.join(', ')}`);
  return positionals.length === 0 ? parts : parts.filter((name) => positionals.includes(name));
};

const parsed = (args: readonly string[]) => {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};
