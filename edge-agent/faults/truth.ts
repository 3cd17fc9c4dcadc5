import { textOfMinute } from '#core/time';
import type { FacilityMinutes } from '../message/facility-minutes.ts';
import type { Fault, Numbered } from './script.ts';

/** Minutes in a row at which a fault really changed something. */
export interface Place {
  /** The channel whose readings changed; neither source nor channel where whole minutes or messages are concerned. */
  readonly source?: string;
  readonly channel?: string;
  /** First minute, and the first minute after it, UTC, on the true clock. */
  readonly from: string;
  readonly until: string;
  /** Line of the output, from 1, of a message that was touched on its way. */
  readonly line?: number;
  /** The first minute as a wrong clock named it. */
  readonly sentAs?: string;
}

export interface FaultTruth {
  readonly fault: Fault;
  readonly places: readonly Place[];
}

export interface Truth {
  readonly v: 1;
  readonly facility: string;
  readonly seed: number;
  readonly from: string;
  readonly until: string;
  /** Lines of the output. */
  readonly messages: number;
  /** One entry for each fault of the script, in its order. */
  readonly faults: readonly FaultTruth[];
}

/** Channels whose reading or status differs, as `source channel`; a source with another load or firing, as `source`. */
const differences = (before: FacilityMinutes, after: FacilityMinutes): string[] => {
  const found: string[] = [];
  for (const [s, { source, readings, statuses, firedSeconds, grossLoad }] of before.sources.entries()) {
    const other = after.sources[s]!;
    for (const [c, channel] of before.channels.entries())
      if (readings[c] !== other.readings[c] || statuses[c] !== other.statuses[c]) found.push(`${source} ${channel}`);
    if (firedSeconds[0] !== other.firedSeconds[0] || grossLoad[0] !== other.grossLoad[0]) found.push(source);
  }
  return found;
};

interface Run {
  readonly at: string;
  readonly from: number;
  until: number;
}

const placeOf = ({ at, from, until }: Run): Place => {
  const [source, channel] = at.split(' ') as [string, string?];
  return {
    ...(source ? { source } : {}),
    ...(channel ? { channel } : {}),
    from: textOfMinute(from),
    until: textOfMinute(until),
  };
};

/**
 * Writes down what faults did, by comparison: a reading that a fault did not change (an analyser that is stuck while
 * its unit is down) is none of its places. Minutes must be told of in order.
 */
export const truthWriter = (faults: readonly Numbered[]) => {
  const runs = faults.map((): Run[] => []);
  const open = faults.map(() => new Map<string, Run>());
  const messages = faults.map((): Place[] => []);
  const extend = (number: number, at: string, minute: number) => {
    const known = open[number]!.get(at);
    if (known?.until === minute) known.until++;
    else {
      const run = { at, from: minute, until: minute + 1 };
      open[number]!.set(at, run);
      runs[number]!.push(run);
    }
  };
  return {
    minute({ number }: Numbered, before: FacilityMinutes, after: FacilityMinutes | undefined): void {
      if (!after) extend(number, '', before.start);
      else for (const at of differences(before, after)) extend(number, at, before.start);
    },
    message({ number, fault }: Numbered, sent: { start: number; minutes: number; line: number; named: number }): void {
      const clock = fault.kind === 'clock-skew' || fault.kind === 'clock-jump';
      messages[number]!.push({
        from: textOfMinute(sent.start),
        until: textOfMinute(sent.start + sent.minutes),
        line: sent.line,
        ...(clock ? { sentAs: textOfMinute(sent.named) } : {}),
      });
    },
    faults: (): FaultTruth[] =>
      faults.map(({ fault }, n) => ({ fault, places: [...runs[n]!.map(placeOf), ...messages[n]!] })),
  };
};
