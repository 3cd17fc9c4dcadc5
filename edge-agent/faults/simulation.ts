import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { textOfMinute } from '#core/time';
import { decode, encode } from '../message/encode.ts';
import { continues, type FacilityMinutes, join } from '../message/facility-minutes.ts';
import type { Outgoing } from '../outgoing.ts';
import { simulatedPlant } from '../sources/simulator/simulator.ts';
import { wrongClockAt } from './agent-clock.ts';
import { copyOf, withMessageFaults } from './message-faults.ts';
import { minuteFaults, type Seen, withFaults } from './minute-faults.ts';
import { type Fault, type Numbered, numbered } from './script.ts';
import { type Truth, truthWriter } from './truth.ts';

export interface Simulation {
  readonly plan: MonitoringPlan;
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** First minute, and the minute before which it ends. */
  readonly from: number;
  readonly until: number;
  /** Minutes in a message, 1 to 60; a live agent sends one. */
  readonly minutesPerMessage: number;
}

export interface SentMessage {
  /** The end of its last minute, or when it was sent if that was later: minutes since 1970, on the true clock. */
  readonly sentAt: number;
  /** gzip'ed JSON, as it travels. */
  readonly body: Uint8Array;
}

/** The plant's minutes as the agent makes them, in messages, before anything happens on their way. */
async function* made(
  { plan, seed, from, until, minutesPerMessage }: Simulation,
  faults: readonly Numbered[],
  seen: Seen,
): AsyncGenerator<Outgoing> {
  const plant = simulatedPlant(plan, seed);
  const going = minuteFaults(faults, plant.cleanMinute, seed);
  let row: FacilityMinutes[] = [];
  const messages = function* () {
    if (row.length > 0) for (const message of encode(join(row))) yield copyOf(message);
    row = [];
  };
  for (let minute = from; minute < until; minute++) {
    const block = withFaults(plant.cleanMinute(minute, wrongClockAt(faults, minute).early), going, seen);
    if (!block) continue;
    if (row.length > 0 && !continues(row.at(-1)!, block)) yield* messages();
    row.push(block);
    if (row.length === minutesPerMessage) yield* messages();
  }
  yield* messages();
}

/** A plant's messages in the order in which they would arrive, and, when all were taken, what faults did to them. */
export const simulate = (
  simulation: Simulation,
): { readonly messages: AsyncIterable<SentMessage>; readonly truth: () => Truth } => {
  const { plan, seed, from, until } = simulation;
  const faults = numbered(simulation.faults);
  const writer = truthWriter(faults);
  const touched = new Map<Outgoing, Numbered[]>();
  let line = 0;

  async function* sent(): AsyncGenerator<SentMessage> {
    const note = (fault: Numbered, message: Outgoing) =>
      void touched.set(message, [...(touched.get(message) ?? []), fault]);
    let sentAt = from;
    for await (const message of withMessageFaults(made(simulation, faults, writer.minute), faults, seed, note)) {
      const { start, minutes, body } = message;
      line++;
      sentAt = Math.max(sentAt, start + minutes);
      const by = touched.get(message);
      if (by) for (const fault of by) writer.message(fault, { start, minutes, line, named: decode(body).start });
      touched.delete(message);
      yield { sentAt, body };
    }
  }

  return {
    messages: sent(),
    truth: () => ({
      v: 1,
      facility: plan.facility,
      seed,
      from: textOfMinute(from),
      until: textOfMinute(until),
      messages: line,
      faults: writer.faults(),
    }),
  };
};
