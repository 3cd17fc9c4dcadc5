import type { MergedRecord } from './records.ts';
import { openRowLog, type Row, readRows, removeRowsBefore } from './row-log.ts';
import { contentOf, memoryStoreVersions } from './versions.ts';

const MINUTE_MS = 60_000;
const MINUTES_AHEAD = 15;

/** A Timestream table as the template declares it. */
export interface TableDefinition {
  readonly database: string;
  readonly table: string;
  readonly arn: string;
  readonly memoryHours: number;
  readonly magneticDays: number;
  /** Are records taken that are older than the memory store? */
  readonly magneticWrites: boolean;
  /** Dimensions of the partition key that every record must have. */
  readonly requiredDimensions: readonly string[];
}

export interface TableCounters {
  /** Calls of WriteRecords. */
  calls: number;
  memoryStore: number;
  /** Taken although older than the memory store. */
  magneticStore: number;
  /** Of those in the memory store: given again, and so without any change. */
  unchanged: number;
  outsideRetention: number;
  olderVersion: number;
  /** Over a limit, or without a dimension of the partition key. */
  faulty: number;
}

export const NOTHING: TableCounters = {
  calls: 0,
  memoryStore: 0,
  magneticStore: 0,
  unchanged: 0,
  outsideRetention: 0,
  olderVersion: 0,
  faulty: 0,
};

export interface Rejection {
  readonly RecordIndex: number;
  readonly Reason: string;
  readonly ExistingVersion?: number;
}

export interface Table {
  /** Keeps what the rules allow; resolves when that is on disk. */
  write(records: readonly MergedRecord[]): Promise<{
    readonly memoryStore: number;
    readonly magneticStore: number;
    readonly rejected: readonly Rejection[];
  }>;
  counters(): Readonly<TableCounters>;
  close(): Promise<void>;
}

/**
 * A table with its rules: a record must lie between the end of the magnetic store and 15 minutes from now; in the memory
 * store a greater version replaces, the same again changes nothing, and an older one is rejected. For what is older than
 * the memory store Timestream does not answer whether it was replaced, so nothing is looked up for it here either: which
 * version is the greatest shows when rows are read.
 */
export const openTable = async (
  { memoryHours, magneticDays, magneticWrites, requiredDimensions }: TableDefinition,
  folder: string,
  now: () => number,
): Promise<Table> => {
  const counters = { ...NOTHING };
  const range = () => {
    const minute = Math.floor(now() / MINUTE_MS);
    const memory = minute - memoryHours * 60;
    const from = magneticWrites ? Math.min(memory, minute - magneticDays * 1440) : memory;
    return { memory, from, to: minute + MINUTES_AHEAD };
  };

  const log = await openRowLog(folder);
  const { memory, from } = range();
  removeRowsBefore(folder, from * MINUTE_MS);
  const versions = memoryStoreVersions();
  for (const row of readRows(folder, memory * MINUTE_MS))
    if (row.minute >= memory) versions.judge(seriesOf(row), row.minute, row.version, contentOf(row));

  const outside = (from: number, to: number): string => {
    const [first, end] = [from, to].map((minute) => new Date(minute * MINUTE_MS).toISOString());
    return `The record timestamp is outside the time range [${first}, ${end}) of the ${magneticWrites ? 'data ingestion window' : 'memory store'}.`;
  };

  /** What speaks against a record by itself. */
  const faultOf = ({ fault, dimensions }: MergedRecord): string | undefined => {
    if (fault) return fault;
    const missing = requiredDimensions.find((required) => !dimensions.some(({ Name }) => Name === required));
    return missing && `The record has no dimension ${missing}, which the table's partition key requires.`;
  };

  return {
    write: async (records) => {
      const { memory, from, to } = range();
      versions.forgetBefore(memory);
      const rejected: Rejection[] = [];
      let [memoryStore, magneticStore] = [0, 0];
      counters.calls++;
      for (const [RecordIndex, record] of records.entries()) {
        const { minute, version } = record;
        const fault = faultOf(record);
        if (fault) {
          counters.faulty++;
          rejected.push({ RecordIndex, Reason: fault });
        } else if (minute < from || minute >= to) {
          counters.outsideRetention++;
          rejected.push({ RecordIndex, Reason: outside(from, to) });
        } else if (minute < memory) {
          magneticStore++;
          log.add(record);
        } else {
          const existing = versions.judge(seriesOf(record), minute, version, contentOf(record));
          if (existing === undefined) {
            memoryStore++;
            log.add(record);
          } else if (existing === 'same') {
            memoryStore++;
            counters.unchanged++;
          } else {
            counters.olderVersion++;
            rejected.push({ RecordIndex, ...refusal(version, existing) });
          }
        }
      }
      await log.flush();
      counters.memoryStore += memoryStore;
      counters.magneticStore += magneticStore;
      return { memoryStore, magneticStore, rejected };
    },
    counters: () => counters,
    close: log.close,
  };
};

const refusal = (version: number, existing: number): Omit<Rejection, 'RecordIndex'> =>
  version < existing
    ? {
        Reason: `The record version ${version} is lower than the existing version ${existing}. A higher version is required to update the measure value.`,
        ExistingVersion: existing,
      }
    : {
        Reason:
          'A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value.',
      };

/** What makes records one time series. */
export const seriesOf = ({ measureName, dimensions }: Pick<Row, 'measureName' | 'dimensions'>): string => {
  let series = measureName;
  for (const { Name, Value } of dimensions) series += `\n${Name}=${Value}`;
  return series;
};
