import { resolve } from 'node:path';
import type { Database } from '#adapters/data-api';
import type { Arguments } from '../arguments.ts';
import { type Assignment, knownPlans } from '../run.ts';
import type { InputOverview } from './input.ts';
import { replayPlan } from './plan.ts';
import { standardTime } from './standard-time.ts';

/** A plan for every facility of the input, and the input itself as the agent's source. */
export const replayAssignment = async (
  { input, unit, speed }: Arguments,
  { units, states }: InputOverview,
  database: Database,
): Promise<Assignment> => {
  const known = await knownPlans(database, [...units.keys()].map(String));
  const files = input.map((file) => resolve(file));
  return {
    plans: [...units].map(([orisCode, names]) =>
      replayPlan(orisCode, names, standardTime(states.get(orisCode)), known.get(String(orisCode))),
    ),
    source: { kind: 'replay', files, speed, ...(unit.length > 0 ? { units: unit } : {}) },
    input: JSON.stringify([files, unit]),
  };
};
