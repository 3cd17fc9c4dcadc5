import type { ReportStore } from '#adapters/data-api-reports';
import { sha256Of } from '#adapters/made-from';
import type { Archive } from '#adapters/s3-archive';
import type { S3Objects } from '#adapters/s3-objects';
import type { Archived, Rendered, StepOf } from '#core/contracts/report-steps';
import { archiveKey } from '#core/report/names';
import { textOf } from './render.ts';

export interface ArchiveReport {
  readonly work: Pick<S3Objects, 'read'>;
  readonly archive: Archive;
  readonly reports: Pick<ReportStore, 'markArchived'>;
}

/** Puts both files where nobody can change or delete them, the JSON document last, and marks the report. */
export const archiveReport = async (
  { work, archive, reports }: ArchiveReport,
  { order, execution, rendered }: StepOf<'archive'>,
): Promise<Archived> => {
  const [json, html] = [archiveKey(order, 'json'), archiveKey(order, 'html')];
  const page = await archive.put(html, await unchanged(work, rendered.html), 'text/html; charset=utf-8');
  const document = await archive.put(json, await unchanged(work, rendered.json), 'application/json');
  const retainedUntil = page.retainedUntil < document.retainedUntil ? page.retainedUntil : document.retainedUntil;
  const { sha256 } = rendered.json;
  await reports.markArchived(execution, { sha256, retainedUntil });
  return { json, html, sha256, retainedUntil };
};

const unchanged = async (work: Pick<S3Objects, 'read'>, { key, sha256 }: Rendered['json']): Promise<string> => {
  const text = await textOf(work, key);
  if (sha256Of(text) !== sha256)
    throw new Error(`${key} in the work bucket is not what was rendered (SHA-256 ${sha256}): start the report again`);
  return text;
};
