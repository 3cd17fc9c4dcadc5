import { sha256Of } from '#adapters/made-from';
import type { S3Objects } from '#adapters/s3-objects';
import { sourceReport as partContract, quarterlyReport as reportContract } from '#core/contracts/quarterly-report';
import type { Rendered, StepOf } from '#core/contracts/report-steps';
import type { LandingStore, PlanStore } from '#core/ports';
import { reportPage } from '#core/report/html/page';
import { workFolder } from '#core/report/names';
import { madeFromLines, quarterlyReport } from '#core/report/quarterly-report';
import { NothingToReportError } from './nothing-to-report.ts';

export interface RenderReport {
  readonly plans: PlanStore;
  readonly work: Pick<LandingStore, 'put'> & Pick<S3Objects, 'read'>;
  readonly softwareVersion: string;
}

/** Puts the parts together: the JSON document, and the page that shows it. */
export const renderReport = async (
  { plans, work, softwareVersion }: RenderReport,
  { order, startedAt, collected }: StepOf<'render'>,
): Promise<Rendered> => {
  const planned = await plans.planOf(order.facility);
  if (!planned) throw new NothingToReportError(`there is no facility ${order.facility} any more`, order);
  const sources = [];
  for (const { key } of collected) sources.push(partContract.parse(JSON.parse(await textOf(work, key))));
  const report = reportContract.parse(
    quarterlyReport({
      order,
      plan: planned.plan,
      sources,
      madeFromSha256: sha256Of(madeFromLines(sources)),
      generatedAt: new Date(startedAt).toISOString(),
      softwareVersion,
    }),
  );
  const json = `${JSON.stringify(report, null, 1)}\n`;
  return {
    json: await keep(work, `${workFolder(order)}/report.json`, json, 'application/json'),
    html: await keep(work, `${workFolder(order)}/report.html`, reportPage(report), 'text/html; charset=utf-8'),
  };
};

const keep = async (work: Pick<LandingStore, 'put'>, key: string, text: string, contentType: string) => {
  await work.put(key, text, contentType);
  return { key, sha256: sha256Of(text), bytes: Buffer.byteLength(text) };
};

/** @throws Error when it is not in the work bucket: a step before has not run, or long ago */
export const textOf = async (work: Pick<S3Objects, 'read'>, key: string): Promise<string> => {
  const bytes = await work.read(key);
  if (!bytes) throw new Error(`${key} is not in the work bucket, which keeps it for 30 days: start the report again`);
  return Buffer.from(bytes).toString('utf8');
};
