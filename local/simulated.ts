import { readFileSync } from 'node:fs';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { textOfMinute } from '#core/time';
import type { Arguments } from './arguments.ts';
import type { Assignment } from './run.ts';

const HISTORY_HOURS = 48;
const PLAN = new URL('../edge-agent/sources/simulator/plant.plan.json', import.meta.url);

/** The simulated plant: its last 48 whole hours, then (without --exit) its minutes as they come. */
export const simulatedAssignment = ({ seed, speed, exit }: Arguments, now: () => number = Date.now): Assignment => {
  const nowMinute = Math.floor(now() / 60_000);
  const from = (Math.floor(nowMinute / 60) - HISTORY_HOURS) * 60;
  return {
    plans: [monitoringPlan.parse(JSON.parse(readFileSync(PLAN, 'utf8')))],
    source: {
      kind: 'simulator',
      seed,
      from: textOfMinute(from),
      speed,
      ...(exit ? { until: textOfMinute(nowMinute) } : {}),
    },
    input: `simulator ${seed}`,
  };
};
