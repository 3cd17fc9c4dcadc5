import { env } from '#adapters/env';
import { timestreamMinutes } from '#adapters/timestream-minutes';
import type { RecordTimeSeriesEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<RecordTimeSeriesEnv>;
const retentionDays = Number(setting('TIME_SERIES_RETENTION_DAYS'));
// Without a number every minute would count as too old.
if (!(retentionDays > 0))
  throw new Error(`TIME_SERIES_RETENTION_DAYS is ${process.env.TIME_SERIES_RETENTION_DAYS}, expected a number of days`);

export const handler = makeHandler({
  timeSeries: timestreamMinutes({
    database: setting('TIME_SERIES_DATABASE'),
    table: setting('TIME_SERIES_TABLE'),
    retentionDays,
  }),
});
