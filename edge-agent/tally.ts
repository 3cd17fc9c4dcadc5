import type { MinuteBuffer } from './buffer/minute-buffer.ts';
import type { Progress } from './events.ts';
import { countSamples, type FacilityMinutes } from './message/facility-minutes.ts';
import type { Source } from './sources/source.ts';

/** Counts how far a run has come; what earlier runs did is in it. */
export interface Tally {
  produced(block: FacilityMinutes): void;
  setAside(minutes: number): void;
  notKept(minutes: number): void;
  progress(): Progress;
}

export const tallyOf = (source: Source, buffer: MinuteBuffer): Tally => {
  const resumeAt = buffer.resumeAt(source.key);
  let producedMinutes = resumeAt === undefined ? 0 : source.minutesBefore(resumeAt);
  let setAsideMinutes = 0;
  for (const { minutes } of buffer.aside()) setAsideMinutes += minutes;
  let notKeptMinutes = 0;
  let samples = 0;
  const total = source.totalMinutes === undefined ? {} : { totalMinutes: source.totalMinutes };
  return {
    produced(block) {
      producedMinutes += block.minutes;
      samples += countSamples(block);
    },
    setAside(minutes) {
      setAsideMinutes += minutes;
    },
    notKept(minutes) {
      notKeptMinutes += minutes;
    },
    progress: () => ({
      producedMinutes,
      acknowledgedMinutes: Math.max(0, producedMinutes - buffer.pending().minutes - setAsideMinutes),
      setAsideMinutes,
      ...(notKeptMinutes > 0 ? { notKeptMinutes } : {}),
      ...total,
      samples,
    }),
  };
};
