import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { z } from 'zod';
import { MetricUnit, observed } from '#adapters/observed';
import { evaluateLimit } from '#core/compliance/evaluate-limit';
import { limitsInRange } from '#core/compliance/limits';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import type { CheckedRange, ComplianceStore, HourRange, OperatingHour, PlannedFacility, PlanStore } from '#core/ports';
import { hourOfText } from '#core/time';

export interface CheckCompliance {
  readonly plans: PlanStore;
  readonly compliance: ComplianceStore;
}

/** All that is read of a record: which hour may have changed. What it says is read from the database, where it is never stale. */
const changedHour = z.object({ facility: z.string(), source: z.string(), hour: z.string() });

/** Evaluates every limit over every window that contains an hour of the batch. */
export const makeHandler = ({ plans, compliance }: CheckCompliance) => {
  const { metrics, middleware } = observed('check-compliance');

  const handle = async (event: KinesisStreamEvent) => {
    let records = 0;
    for (const [facility, ranges] of changedRanges(event)) {
      const planned = await plans.planOf(facility);
      if (!planned) throw new Error(`facility ${facility} has hours but no monitoring plan`);
      const wanted = ranges.flatMap((range) => wantedHours(planned, range));
      if (wanted.length === 0) continue;
      await compliance.withFacility(facility, async ({ operatingHours, replaceRecords }) => {
        const hours = await operatingHours(wanted);
        const checked = wanted.map((range) => checkRange(range, hours.get(range.sourceId) ?? []));
        await replaceRecords(checked);
        for (const range of checked) records += range.records.length;
      });
    }
    metrics.addMetric('WindowsChecked', MetricUnit.Count, records);
    return { batchItemFailures: [] };
  };

  return middy<KinesisStreamEvent>().use(middleware).handler(handle);
};

interface ChangedRange {
  readonly source: string;
  readonly from: number;
  readonly to: number;
}

const changedRanges = (event: KinesisStreamEvent): Map<string, ChangedRange[]> => {
  const ranges = new Map<string, Map<string, ChangedRange>>();
  for (const { kinesis } of event.Records) {
    const { facility, source, hour } = changedHour.parse(
      JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')),
    );
    const at = hourOfText(hour);
    const sources = ranges.get(facility) ?? new Map<string, ChangedRange>();
    ranges.set(facility, sources);
    const known = sources.get(source);
    sources.set(source, { source, from: Math.min(at, known?.from ?? at), to: Math.max(at, known?.to ?? at) });
  }
  // In one order for all, so that two invocations can never wait for each other.
  return new Map([...ranges].sort().map(([facility, sources]) => [facility, [...sources.values()]]));
};

interface WantedHours extends HourRange {
  readonly plan: SourcePlan;
}

/** The changed hours of a source, and as many operating hours around them as its longest window has; none without limits. */
const wantedHours = ({ plan, sourceIds }: PlannedFacility, { source, from, to }: ChangedRange): WantedHours[] => {
  const sourcePlan = plan.sources.find((candidate) => candidate.source === source);
  const sourceId = sourceIds.get(source);
  if (!sourcePlan || sourceId === undefined)
    throw new Error(`source ${source} of facility ${plan.facility} is not in its monitoring plan`);
  const windows = sourcePlan.versions.flatMap(({ limits }) => limits.map(({ operatingHours }) => operatingHours));
  return windows.length === 0 ? [] : [{ sourceId, from, to, around: Math.max(...windows) - 1, plan: sourcePlan }];
};

const checkRange = ({ sourceId, from, to, plan }: WantedHours, hours: readonly OperatingHour[]): CheckedRange => {
  // The last window that contains `to` ends with the last hour read; fewer hours after it mean that none is missing.
  const last = Math.max(to, hours.at(-1)?.hour ?? to);
  const documents = hours.map(({ document }) => document);
  const records = limitsInRange(plan, from, last).flatMap((range) => evaluateLimit({ hours: documents, ...range }));
  return { sourceId, from, to: last, records };
};
