import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { MetricUnit, observed } from '#adapters/observed';
import { validatedMinutes } from '#core/contracts/validated-minutes';
import type { TimeSeriesStore } from '#core/ports';
import { namedMinutes } from './named-minutes.ts';

export interface RecordTimeSeries {
  readonly timeSeries: TimeSeriesStore;
}

/**
 * Copies validated minutes to the time-series store. It reads the stream on its own, so that whatever befalls that
 * store, emissions are computed meanwhile.
 */
export const makeHandler = ({ timeSeries }: RecordTimeSeries) => {
  const { logger, metrics, middleware } = observed('record-time-series');

  const handle = async (event: KinesisStreamEvent) => {
    const messages = event.Records.map(({ kinesis }) =>
      validatedMinutes.parse(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8'))),
    );
    const { minutes, unnamed } = namedMinutes(messages);
    const { stored, outsideRetention, olderVersion, overLimit } = await timeSeries.writeMinutes(minutes);

    metrics.addMetric('TimeSeriesStored', MetricUnit.Count, stored);
    for (const [name, count] of [
      ['TimeSeriesOutsideRetention', outsideRetention],
      ['TimeSeriesOlderVersion', olderVersion],
      ['TimeSeriesOverLimit', overLimit],
      ['TimeSeriesUnnamed', unnamed],
    ] as const)
      if (count > 0) metrics.addMetric(name, MetricUnit.Count, count);
    if (overLimit > 0) logger.error('the time-series store cannot hold these minutes', { minutes: overLimit });
    return { batchItemFailures: [] };
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};
