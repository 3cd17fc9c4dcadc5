import { join } from 'node:path';
import * as z from 'zod';
import { readIfThere, writeAtomically } from '../owned-file.ts';
import type { StateValue } from './decide-state.ts';

export interface AlarmState {
  readonly value: StateValue;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly updated: number;
}

export interface AlarmStates {
  /** Undefined for an alarm that was never evaluated. */
  of(alarm: string): AlarmState | undefined;
  set(alarm: string, state: AlarmState): void;
  /** Keeps what was set for the next start. */
  write(): void;
}

const stored = z.record(
  z.string(),
  z.object({ value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']), reason: z.string(), updated: z.number() }),
);

/** States of the alarms, in one file of the data folder. */
export const alarmStates = (dataDir: string): AlarmStates => {
  const file = join(dataDir, 'cloudwatch', 'alarms.json');
  const text = readIfThere(file);
  const states = new Map(Object.entries(text === undefined ? {} : stored.parse(JSON.parse(text))));
  let changed = false;
  return {
    of: (alarm) => states.get(alarm),
    set: (alarm, state) => {
      states.set(alarm, state);
      changed = true;
    },
    write: () => {
      if (!changed) return;
      writeAtomically(file, JSON.stringify(Object.fromEntries(states)));
      changed = false;
    },
  };
};
