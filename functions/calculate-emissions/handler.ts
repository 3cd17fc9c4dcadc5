import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { MetricUnit, observed } from '#adapters/observed';
import { type ValidatedMinutes, validatedMinutes } from '#core/contracts/validated-minutes';
import { recomputeHours } from '#core/hour/recompute-hours';
import type { HourStore, MinuteBatch, MinuteStore, PlanStore, SourceMinute, Stream } from '#core/ports';
import { minuteOfText } from '#core/time';

export interface CalculateEmissions {
  readonly plans: PlanStore;
  readonly minutes: MinuteStore;
  readonly hours: HourStore;
  readonly emissions: Stream;
}

/** Stores the batch's minutes, then computes and publishes the hours that are due because of them. */
export const makeHandler = ({ plans, minutes, hours, emissions }: CalculateEmissions) => {
  const { logger, metrics, middleware } = observed('calculate-emissions');

  const handle = async (event: KinesisStreamEvent) => {
    const batches = event.Records.map(({ kinesis }) =>
      minuteBatch(validatedMinutes.parse(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')))),
    );
    await minutes.storeMinutes(batches);
    await recomputeDue([...new Set(batches.map(({ facility }) => facility))]);
    metrics.addMetric(
      'MinutesStored',
      MetricUnit.Count,
      batches.reduce((sum, batch) => sum + batch.minutes.length, 0),
    );
    return { batchItemFailures: [] };
  };

  /**
   * The minutes are stored and their hours marked: an hour that cannot be computed now is left to close-periods, and
   * must not hold up the other facilities of the shard.
   */
  const recomputeDue = async (facilities: readonly string[]) => {
    try {
      const { hours: computed, failed } = await recomputeHours({ plans, hours, emissions }, facilities);
      for (const [facility, error] of failed) logger.error('hours not computed', { facility, error });
      metrics.addMetric('HoursComputed', MetricUnit.Count, computed);
      if (failed.size > 0) metrics.addMetric('RecomputesFailed', MetricUnit.Count, failed.size);
    } catch (error) {
      logger.error('hours left to close-periods', error as Error);
      metrics.addMetric('RecomputesDeferred', MetricUnit.Count, 1);
    }
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};

const minuteBatch = ({ facility, start, minutes, sources }: ValidatedMinutes): MinuteBatch => {
  const first = minuteOfText(start);
  return {
    facility,
    watermark: first + minutes,
    minutes: sources.flatMap(({ sourceId, revision, firedSeconds, grossLoad, readings, statuses }) =>
      firedSeconds.map(
        (fired, i): SourceMinute => ({
          sourceId,
          minute: first + i,
          revision,
          firedSeconds: fired,
          grossLoad: grossLoad[i]!,
          readings: readings[i]!,
          statuses: statuses[i]!,
        }),
      ),
    ),
  };
};
