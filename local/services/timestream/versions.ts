import type { Row } from './row-log.ts';

const HOUR = 60;

/**
 * What the memory store holds of each series, minute by minute: the version and 32 bits of the content, without the
 * record. Hours that have left the memory store are forgotten, so 24 hours of 4,000 sources need 92 MB and no more.
 */
export const memoryStoreVersions = () => {
  const series = new Map<string, Map<number, Float64Array>>();
  let forgotten = 0;

  return {
    forgetBefore: (minute: number): void => {
      const oldest = Math.floor(minute / HOUR);
      if (oldest <= forgotten) return;
      forgotten = oldest;
      for (const [key, hours] of series) {
        for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour);
        if (hours.size === 0) series.delete(key);
      }
    },
    /**
     * Judges by Timestream's rule and notes what is taken.
     * @returns undefined when the record is new, 'same' when it is there already, else the version that stands against it
     */
    judge: (key: string, minute: number, version: number, content: number): undefined | 'same' | number => {
      let hours = series.get(key);
      if (!hours) {
        hours = new Map();
        series.set(key, hours);
      }
      const hour = Math.floor(minute / HOUR);
      let slots = hours.get(hour);
      if (!slots) {
        slots = new Float64Array(2 * HOUR);
        hours.set(hour, slots);
      }
      const at = 2 * (minute - hour * HOUR);
      const existing = slots[at]!;
      if (version < existing) return existing;
      if (version === existing) return slots[at + 1] === content ? 'same' : existing;
      slots[at] = version;
      slots[at + 1] = content;
      return undefined;
    },
  };
};

export const contentOf = ({ measures }: Pick<Row, 'measures'>): number => {
  let hash = 0x811c9dc5;
  for (const { Name, Value } of measures) hash = mixed(mixed(hash, Name), Value);
  return hash >>> 0;
};

/** FNV-1a, with an end to every text. */
const mixed = (start: number, text: string): number => {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return Math.imul(hash ^ 0xff, 0x01000193);
};
