import { type EpaHour, readEpaHours, type UnreadableLine } from '../../edge-agent/sources/epa-hours.ts';

/** What the input holds, before anything is sent. */
export interface InputOverview {
  /** Units by ORIS code. */
  readonly units: ReadonlyMap<number, readonly string[]>;
  /** Postal code of the state by ORIS code, where the file says it. */
  readonly states: ReadonlyMap<number, string>;
  readonly hours: number;
  readonly unreadable: readonly UnreadableLine[];
}

/** The published hours of the chosen units, file after file. */
export async function* inputHours(
  files: readonly string[],
  chosen: readonly string[],
): AsyncGenerator<EpaHour | UnreadableLine> {
  for (const file of files)
    for await (const item of readEpaHours(file))
      if (item.kind === 'unreadable' || chosen.length === 0 || chosen.includes(`${item.orisCode}/${item.unit}`))
        yield item;
}

/**
 * Reads the whole input once, before anything is started.
 * @throws Error when a file cannot be read, or a chosen unit is not in it
 */
export const overview = async (files: readonly string[], chosen: readonly string[]): Promise<InputOverview> => {
  const units = new Map<number, Set<string>>();
  const states = new Map<number, string>();
  const unreadable: UnreadableLine[] = [];
  let hours = 0;
  const found = new Set<string>();
  for await (const item of inputHours(files, [])) {
    if (item.kind === 'unreadable') {
      unreadable.push(item);
      continue;
    }
    const name = `${item.orisCode}/${item.unit}`;
    found.add(name);
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    hours++;
    units.set(item.orisCode, (units.get(item.orisCode) ?? new Set()).add(item.unit));
    if (item.state) states.set(item.orisCode, item.state);
  }
  const missing = chosen.filter((unit) => !found.has(unit));
  if (missing.length > 0)
    throw new Error(`the input has no hours of ${missing.join(', ')}; it has ${[...found].sort().join(', ')}`);
  if (hours === 0) throw new Error(`no hour could be read from ${files.join(', ')}`);
  return {
    units: new Map([...units].map(([oris, names]) => [oris, [...names].sort()])),
    states,
    hours,
    unreadable,
  };
};
