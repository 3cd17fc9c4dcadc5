import { RejectedRecordsException, TimestreamWriteClient, WriteRecordsCommand } from '@aws-sdk/client-timestream-write';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { EmissionWatchError } from '#core/errors';
import type { NamedMinute, TimeSeriesCounts, TimeSeriesStore } from '#core/ports';
import { writeRecordsText } from './timestream-records.ts';

/** WriteRecords takes 100 records. */
const MAX_RECORDS = 100;
const CALLS_IN_FLIGHT = 8;
const MINUTES_A_DAY = 1440;

/** Timestream refused records for a reason that may pass; the caller's batch is to be tried again. */
export class TimeSeriesRefusedError extends EmissionWatchError {
  readonly code = 'EW-TIME-SERIES-REFUSED';
  readonly retryable = true;
}

export interface TimestreamTable {
  readonly database: string;
  readonly table: string;
  /** Days of the magnetic store. */
  readonly retentionDays: number;
}

export const timestreamClient = () =>
  new TimestreamWriteClient({ requestHandler: new NodeHttpHandler({ requestTimeout: 20_000 }), maxAttempts: 5 });

/**
 * Minutes in Timestream for LiveAnalytics. A version that is already there is taken again without an answer, an older
 * one is rejected and counted: so a call may be repeated. Throttling is retried by the SDK first.
 */
export const timestreamMinutes = (
  { database, table, retentionDays }: TimestreamTable,
  client: TimestreamWriteClient = timestreamClient(),
  now: () => number = Date.now,
): TimeSeriesStore => {
  const write = async (minutes: readonly NamedMinute[], counts: Counts): Promise<void> => {
    try {
      await client.send(
        prepared(
          new WriteRecordsCommand({ DatabaseName: database, TableName: table, Records: [] }),
          Buffer.from(writeRecordsText(database, table, minutes)),
        ),
      );
      counts.stored += minutes.length;
    } catch (error) {
      if (!(error instanceof RejectedRecordsException)) throw error;
      countRejected(error, minutes.length, counts);
    }
  };

  return {
    writeMinutes: async (given) => {
      const counts: Counts = { stored: 0, outsideRetention: 0, olderVersion: 0, overLimit: 0 };
      // Years of history go by here when an old file is replayed. What the table would reject anyway is not sent.
      const oldest = Math.floor(now() / 60_000) - retentionDays * MINUTES_A_DAY;
      const kept = given.filter(({ minute }) => minute >= oldest);
      counts.outsideRetention = given.length - kept.length;
      const minutes = greatestVersions(kept);
      counts.olderVersion = kept.length - minutes.length;

      let next = 0;
      const work = async () => {
        while (next < minutes.length) {
          const first = next;
          next += MAX_RECORDS;
          await write(minutes.slice(first, first + MAX_RECORDS), counts);
        }
      };
      await allSettled(Array.from({ length: CALLS_IN_FLIGHT }, work));
      return counts;
    },
  };
};

/**
 * A command whose body is ready. A call has 2,000 measures, and the SDK walks its schema for each of them, several times:
 * that is two thirds of what a call costs. The middleware comes before the ones that measure and sign the body.
 */
const prepared = (command: WriteRecordsCommand, body: Uint8Array): WriteRecordsCommand => {
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: Uint8Array }).body = body;
      return next(args);
    },
    { step: 'build', priority: 'high', name: 'preparedBody' },
  );
  return command;
};

type Counts = { -readonly [Name in keyof TimeSeriesCounts]: number };

/** Records of one call must not contradict each other. */
const greatestVersions = (minutes: readonly NamedMinute[]): NamedMinute[] => {
  const greatest = new Map<string, NamedMinute>();
  for (const minute of minutes) {
    const key = `${minute.facility} ${minute.source} ${minute.minute}`;
    const known = greatest.get(key);
    if (!known || known.version < minute.version) greatest.set(key, minute);
  }
  return [...greatest.values()];
};

/** The rest of the call is stored. Timestream names its reasons only in words. */
const countRejected = (error: RejectedRecordsException, sent: number, counts: Counts): void => {
  const { RejectedRecords = [] } = error;
  if (RejectedRecords.length === 0)
    throw new TimeSeriesRefusedError('records were rejected without saying which', {}, { cause: error });
  const unknown: string[] = [];
  for (const { Reason = '', ExistingVersion } of RejectedRecords) {
    if (/outside the time range/.test(Reason)) counts.outsideRetention++;
    else if (ExistingVersion !== undefined || /record already exists|lower than the existing version/.test(Reason))
      counts.olderVersion++;
    else if (/exceed|limit|maximum/i.test(Reason)) counts.overLimit++;
    else unknown.push(Reason);
  }
  counts.stored += sent - RejectedRecords.length;
  if (unknown.length > 0)
    throw new TimeSeriesRefusedError(
      `${unknown.length} of ${sent} record(s) were rejected: ${unknown[0]}`,
      { rejected: unknown.length, reason: unknown[0] },
      { cause: error },
    );
};

/** Waits for all before it fails: a call still under way must not outlive the invocation. */
const allSettled = async (work: readonly Promise<void>[]): Promise<void> => {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
};
