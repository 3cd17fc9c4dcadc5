import middy from '@middy/core';
import { MetricUnit, observed } from '#adapters/observed';
import { type ReportStep, reportStep } from '#core/contracts/report-steps';
import { quarterName } from '#core/report/names';
import { type ArchiveReport, archiveReport } from './archive.ts';
import { type CollectSource, collectSource } from './collect.ts';
import { failReport } from './fail.ts';
import { type PlanReport, planReport } from './plan.ts';
import { type RenderReport, renderReport } from './render.ts';

export type ReportQuarter = PlanReport & CollectSource & RenderReport & ArchiveReport;

/** The steps of a quarterly report, one an invocation; the state machine runs them in order. Each can be repeated. */
export const makeHandler = (parts: ReportQuarter) => {
  const { logger, metrics, middleware } = observed('report-quarter');

  const run = (step: ReportStep) => {
    switch (step.step) {
      case 'plan':
        return planReport(parts, step);
      case 'collect':
        return collectSource(parts, step);
      case 'render':
        return renderReport(parts, step);
      case 'archive':
        return archiveReport(parts, step);
      case 'fail':
        return failReport(parts, step);
    }
  };

  const handle = async (event: unknown) => {
    const step = reportStep.parse(event);
    const { facility, revision } = step.order;
    const answer = await run(step);
    if (step.step === 'archive') metrics.addMetric('ReportsArchived', MetricUnit.Count, 1);
    if (step.step === 'fail') metrics.addMetric('ReportsFailed', MetricUnit.Count, 1);
    logger.info(`${step.step} done`, { facility, quarter: quarterName(step.order), revision });
    return answer;
  };

  return middy<unknown, Awaited<ReturnType<typeof handle>>>().use(middleware).handler(handle);
};
