import type { NamedMinute, TimeSeriesStore } from '#core/ports';

/** The time-series store in memory, with the same promises: a double for tests. */
export const memoryTimeSeries = (oldestMinute = 0) => {
  const stored = new Map<string, NamedMinute>();
  const timeSeries: TimeSeriesStore = {
    writeMinutes: async (minutes) => {
      const counts = { stored: 0, outsideRetention: 0, olderVersion: 0, overLimit: 0 };
      for (const minute of minutes) {
        const key = `${minute.facility} ${minute.source} ${minute.minute}`;
        const known = stored.get(key);
        if (minute.minute < oldestMinute) counts.outsideRetention++;
        else if (known && known.version > minute.version) counts.olderVersion++;
        else {
          counts.stored++;
          if (!known || known.version < minute.version) stored.set(key, minute);
        }
      }
      return counts;
    },
  };
  return { timeSeries, stored };
};
