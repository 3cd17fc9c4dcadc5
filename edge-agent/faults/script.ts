import * as z from 'zod';
import { minuteText, NAME } from '#core/contracts/measurement-message';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { minuteOfText } from '#core/time';

const name = z.string().regex(NAME, 'expected a name of up to 32 letters, digits and _ . * -');

const window = {
  /** First minute of the fault, UTC, on the true clock. */
  from: minuteText,
  /** Length of the fault, minutes: at most a year. */
  minutes: z.int().min(1).max(527_040),
};

const place = {
  ...window,
  /** Only this source; every source when left out. */
  source: name.optional(),
  /** Only this channel; every channel when left out. */
  channel: name.optional(),
};

const share = z.number().gt(0).max(1);

/** One fault of a script. Several may overlap: those of a reading work in the order of the script. */
export const fault = z.discriminatedUnion('kind', [
  /** The reading walks away from the truth in a straight line, also while the analyser reads calibration gas. */
  z.strictObject({
    kind: z.literal('drift'),
    ...place,
    /** Added each hour, in the unit of the channel; below zero it walks down. */
    perHour: z.number().min(-1e9).max(1e9),
  }),
  /** The reading stays where it was, as of an analyser or a converter that hangs. */
  z.strictObject({
    kind: z.literal('stuck'),
    ...place,
    /** The value at which it stays, in the unit of the channel; its last reading before `from` when left out. */
    at: z.number().min(-1e12).max(1e12).optional(),
  }),
  /** Single minutes that jump, at minutes chosen by the seed. */
  z.strictObject({
    kind: z.literal('spike'),
    ...place,
    /** Added for one minute, in the unit of the channel; below zero it jumps down. */
    height: z.number().min(-1e9).max(1e9),
    /** How many minutes jump. */
    count: z.int().min(1).max(100_000).default(1),
  }),
  /** Readings that get lost between analyser and agent: no value, status N. */
  z.strictObject({
    kind: z.literal('dropout'),
    ...place,
    /** Part of the minutes that is lost, above 0, at most 1; which ones the seed decides. */
    share: share.default(1),
  }),
  /** An old block of readings is sent again and again as new minutes, as by a data logger that repeats its memory. */
  z.strictObject({
    kind: z.literal('stale-repeat'),
    ...place,
    /** Length of the repeated block, which ends just before `from`, minutes. */
    block: z.int().min(1).max(10_080),
  }),
  /**
   * The bottle of span gas is not what its label says: the first calibration from `from` on reads the wrong level, the
   * analyser is adjusted to the label, and reads wrongly until the end of the fault.
   */
  z.strictObject({
    kind: z.literal('wrong-calibration-gas'),
    ...place,
    /** What is in the bottle as a part of what the label says: 0.9 is 10 % less. */
    level: z.number().min(0.1).max(10),
  }),
  /** Something does not work at all for a while. Three days are 4320 minutes. */
  z
    .strictObject({
      kind: z.literal('outage'),
      ...place,
      /**
       * `agent`: no minutes are made, and none come later. `analyser`: minutes come without a value, status X.
       * `uplink`: minutes are made and kept, and come when it is over, up to 60 in a message.
       */
      of: z.enum(['agent', 'analyser', 'uplink']),
    })
    .refine(({ of, source, channel }) => of === 'analyser' || (source === undefined && channel === undefined), {
      error: 'only an outage of an analyser has a source or a channel; agent and uplink are of the whole facility',
    }),
  /** The agent's clock is wrong, and right again when the fault is over. */
  z.strictObject({
    kind: z.literal('clock-skew'),
    ...window,
    /** How far the clock is ahead, seconds; below zero it is behind. */
    seconds: z
      .int()
      .min(-86_400)
      .max(86_400)
      .refine((seconds) => seconds !== 0, 'expected another number than 0'),
  }),
  /** The clock is put forward or back by an hour, as a wrong switch to or from daylight saving does. */
  z.strictObject({
    kind: z.literal('clock-jump'),
    ...window,
    /** 1: ahead by an hour. -1: behind by an hour. */
    hours: z.literal([1, -1]),
  }),
  /** Messages that come twice. */
  z.strictObject({
    kind: z.literal('duplicate'),
    ...window,
    /** Part of the messages that is sent twice, above 0, at most 1. */
    share: share.default(1),
  }),
  /** Messages that change places. */
  z.strictObject({
    kind: z.literal('reorder'),
    ...window,
    /** Of how many messages at a time the order is lost. */
    messages: z.int().min(2).max(1000).default(24),
  }),
  /** Messages that come long after their time, while others pass them. */
  z.strictObject({
    kind: z.literal('late'),
    ...window,
    /** Part of the messages that is held back, above 0, at most 1. */
    share: share.default(1),
    /** How long they are held back, minutes. */
    held: z.int().min(1).max(527_040),
  }),
]);

export const faultScript = z.array(fault).max(200);

export type Fault = z.infer<typeof fault>;
export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/** A fault with its place in the script, by which chance and truth know it. */
export interface Numbered<F extends Fault = Fault> {
  readonly fault: F;
  readonly number: number;
  /** First minute, and the first minute after it. */
  readonly from: number;
  readonly until: number;
}

export const numbered = (faults: readonly Fault[]): Numbered[] =>
  faults.map((one, number) => {
    const from = minuteOfText(one.from);
    return { fault: one, number, from, until: from + one.minutes };
  });

export const isDuring = ({ from, until }: Pick<Numbered, 'from' | 'until'>, minute: number): boolean =>
  from <= minute && minute < until;

/** Where a script speaks of a source or channel that the plan does not have, in sentences; empty when it fits. */
export const scriptDefects = (faults: readonly Fault[], plan: MonitoringPlan): string[] => {
  const channelsOf = (source: string | undefined) =>
    new Set(
      plan.sources
        .filter((one) => source === undefined || one.source === source)
        .flatMap(({ versions }) => versions.flatMap(({ channels }) => channels.map(({ channel }) => channel))),
    );
  return faults.flatMap((one, number) => {
    const { source, channel } = { source: undefined, channel: undefined, ...one };
    const at = `fault ${number + 1} (${one.kind})`;
    const sources = plan.sources.map((known) => known.source);
    if (source !== undefined && !sources.includes(source))
      return [`${at}: the plan has no source ${source}, it has ${sources.join(', ')}`];
    const channels = channelsOf(source);
    if (channel !== undefined && !channels.has(channel))
      return [`${at}: ${source ?? 'the plan'} has no channel ${channel}, it has ${[...channels].join(', ')}`];
    return [];
  });
};

/** What a fault is called in pictures. */
export const titleOf = (fault: Fault): string => {
  if (fault.kind === 'outage') return `outage of the ${fault.of}`;
  if (fault.kind === 'clock-jump') return `clock-jump, an hour ${fault.hours === 1 ? 'ahead' : 'back'}`;
  if (fault.kind === 'clock-skew') return `clock-skew, ${fault.seconds} s`;
  return fault.kind;
};
