import { readFileSync } from 'node:fs';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { minuteOfText, textOfMinute } from '#core/time';
import { faultScript } from '../../../edge-agent/faults/script.ts';
import { simulate } from '../../../edge-agent/faults/simulation.ts';
import { makeHandler } from '../../../functions/validate-measurements/handler.ts';
import { context, kinesisEvent } from '../../functions/events.ts';
import { memoryStore } from '../../functions/memory-store.ts';
import { runPipeline } from '../../functions/pipeline.ts';

export const plan = monitoringPlan.parse(
  JSON.parse(readFileSync('edge-agent/sources/simulator/plant.plan.json', 'utf8')),
);

export interface Scene {
  readonly from: string;
  readonly until: string;
  readonly faults: readonly unknown[];
  readonly minutesPerMessage?: number;
}

/** Simulates a plant and lets each message arrive when it would be sent, through all four functions. */
export const throughPipeline = async ({ from, until, faults, minutesPerMessage = 1 }: Scene) => {
  const store = memoryStore([plan]);
  const simulation = { plan, seed: 1, from: minuteOfText(from), until: minuteOfText(until), minutesPerMessage };
  const { messages, truth } = simulate({ ...simulation, faults: faultScript.parse(faults) });
  let now = 0;
  const validate = makeHandler({ ...store, now: () => now });
  let sent = 0;
  for await (const { sentAt, body } of messages) {
    now = sentAt * 60_000;
    const payload = Buffer.from(body).toString('base64');
    const data = JSON.stringify({ payload, facility: plan.facility, thing: 'edge-SIM1', received: now });
    await validate(kinesisEvent([{ key: plan.facility, data }], sent++), context);
  }
  await runPipeline(store, []);
  const hours = new Map(store.storedHours().map(({ document }) => [`${document.source} ${document.hour}`, document]));
  const stored = store.storedMinutes();
  const { sourceIds } = (await store.plans.planOf(plan.facility))!;
  return {
    sent,
    truth: truth(),
    codes: [...store.quarantined.values()].map(({ code }) => code),
    hour: (source: string, hour: string) => hours.get(`${source} ${hour}`),
    /** Minutes of the range that are not stored, of any source. */
    gaps: () => {
      const known = new Set(stored.map(({ minute }) => minute));
      return Array.from({ length: simulation.until - simulation.from }, (_, i) => simulation.from + i)
        .filter((minute) => !known.has(minute))
        .map(textOfMinute);
    },
    minute: (source: string, minute: string) =>
      stored.find((one) => one.sourceId === sourceIds.get(source) && one.minute === minuteOfText(minute)),
    hours,
    stored,
  };
};
