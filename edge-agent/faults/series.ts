import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { decode } from '../message/encode.ts';
import type { FacilityMinutes } from '../message/facility-minutes.ts';
import { simulatedPlant } from '../sources/simulator/simulator.ts';
import { minuteFaults, withFaults } from './minute-faults.ts';
import { type Fault, numbered } from './script.ts';
import { simulate } from './simulation.ts';

/** A channel around a fault: as it was, and as it was sent. */
export interface ReadingSeries {
  readonly kind: 'readings';
  readonly source: string;
  readonly channel: string;
  readonly from: number;
  readonly was: readonly (number | null)[];
  readonly sent: readonly (number | null)[];
}

/** Messages around a fault in the order of arrival, with the first minute as it stands in the message. */
export interface MessageSeries {
  readonly kind: 'messages';
  readonly from: number;
  readonly arrivals: readonly { readonly start: number; readonly minutes: number; readonly sentAt: number }[];
}

export type FaultSeries = ReadingSeries | MessageSeries;

const onMessages = (fault: Fault): boolean =>
  ['clock-skew', 'clock-jump', 'duplicate', 'reorder', 'late'].includes(fault.kind) ||
  (fault.kind === 'outage' && fault.of !== 'analyser');

const valueAt = (block: FacilityMinutes | undefined, source: string, channel: string): number | null =>
  block?.sources.find((one) => one.source === source)?.readings[block.channels.indexOf(channel)] ?? null;

/** The first channel that the fault may strike. */
const channelOf = (fault: Fault, plan: MonitoringPlan): { source: string; channel: string } => {
  const wanted = { source: undefined, channel: undefined, ...fault };
  for (const { source, versions } of plan.sources) {
    if (wanted.source !== undefined && wanted.source !== source) continue;
    for (const { channel } of versions.flatMap(({ channels }) => channels))
      if (wanted.channel === undefined || wanted.channel === channel) return { source, channel };
  }
  throw new RangeError(`the plan has no channel that a ${fault.kind} could strike`);
};

/** One fault alone, with a quarter of its length (at least three minutes) before and after. */
export const seriesOf = async (plan: MonitoringPlan, seed: number, fault: Fault): Promise<FaultSeries> => {
  const [one] = numbered([fault]);
  const { from: begin, until: end } = one!;
  const around = Math.max(3, Math.round((end - begin) / 4));
  const from = begin - around;
  const until = end + around + (fault.kind === 'late' ? fault.held : 0);
  if (onMessages(fault)) {
    const arrivals: MessageSeries['arrivals'][number][] = [];
    const { messages } = simulate({ plan, seed, faults: [fault], from, until, minutesPerMessage: 1 });
    for await (const { body, sentAt } of messages) {
      const { start, minutes } = decode(body);
      arrivals.push({ start, minutes, sentAt });
    }
    return { kind: 'messages', from, arrivals };
  }
  const plant = simulatedPlant(plan, seed);
  const going = minuteFaults([one!], plant.cleanMinute, seed);
  const { source, channel } = channelOf(fault, plan);
  const was: (number | null)[] = [];
  const sent: (number | null)[] = [];
  for (let minute = from; minute < until; minute++) {
    const clean = plant.cleanMinute(minute);
    was.push(valueAt(clean, source, channel));
    sent.push(valueAt(withFaults(clean, going), source, channel));
  }
  return { kind: 'readings', source, channel, from, was, sent };
};
