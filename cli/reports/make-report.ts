import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { audited } from '#adapters/audited';
import type { Database } from '#adapters/data-api';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { whyNoReport } from '#adapters/reportable-quarter';
import { s3Objects } from '#adapters/s3-objects';
import { type StartedReport, sfnReports } from '#adapters/sfn-reports';
import type { ReportEntry, ReportRequest } from '#core/contracts/report';
import { archiveKey, quarterName, type ReportFormat, type ReportName } from '#core/report/names';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';

/** `7953 2018-Q1` */
export const titleOf = (report: ReportRequest): string => `${report.facility} ${quarterName(report)}`;

const machineOf = ({ output, clientConfig }: Pick<Deployment, 'output' | 'clientConfig'>) =>
  sfnReports(output('Reporting', 'QuarterlyReportStateMachineArn'), new SFNClient(clientConfig('SFN')));

/**
 * Has a report made, on record in the audit trail. One that is being made already is that one.
 * @throws CommandFailed when there is no such facility, or nothing that a report could be made from
 */
export const startReport = async (
  deployment: Deployment,
  database: Database,
  request: ReportRequest,
  why: string | undefined,
): Promise<StartedReport> => {
  const { facility } = request;
  const [known] = await database.execute(
    "select cast(plan ->> 'utcOffsetMinutes' as integer) from facility where facility = :facility",
    { facility },
  );
  if (!known)
    throw new CommandFailed(`there is no facility ${facility}; \`ew facility list\` shows those that there are`);
  const hindrance = await whyNoReport(dataApiQuarter(database), request, {
    utcOffsetMinutes: known[0] as number,
    now: Date.now(),
  });
  if (hindrance !== undefined) throw new CommandFailed(hindrance);
  const reports = dataApiReports(database);
  const newest = await reports.newest(request.facility, request.year, request.quarter);
  const deed = { who: deployment.who, action: 'report start', subject: titleOf(request), why };
  const before = newest ? { revision: newest.revision, state: newest.state } : null;
  return audited(database, deed, before, async () => {
    const result = await machineOf(deployment).start(reports, request, deployment.who);
    return { result, after: { revision: result.order.revision, started: result.started } };
  });
};

const LOOK_EVERY_MS = 500;

/**
 * Waits until a report is archived.
 * @param look is told now and then how long it has been waited, in seconds
 * @throws CommandFailed with the reason when it could not be made; AbortError when `stop`
 */
export const reportMade = async (
  deployment: Deployment,
  database: Database,
  { order, execution }: StartedReport,
  { stop, look }: { readonly stop: AbortSignal; readonly look: (seconds: number) => void },
): Promise<ReportEntry> => {
  const machine = machineOf(deployment);
  const begin = performance.now();
  for (;;) {
    const now = await machine.stateOf(execution);
    const report = await dataApiReports(database).find(order);
    if (now.state === 'succeeded' && report?.state === 'archived') return report;
    // One that found nothing to be made from has ended in order: why is on record.
    if (now.state !== 'running') {
      const why = report?.failure ?? (now.state === 'failed' ? now.cause : 'there was nothing to make it from');
      throw new CommandFailed(`report ${titleOf(order)} r${order.revision} could not be made: ${why}`);
    }
    look((performance.now() - begin) / 1000);
    await sleep(LOOK_EVERY_MS, undefined, { signal: stop });
  }
};

/** @throws CommandFailed when the archive does not have it */
export const archivedFile = async (
  { output, clientConfig }: Pick<Deployment, 'output' | 'clientConfig'>,
  report: ReportName,
  format: ReportFormat,
): Promise<Uint8Array> => {
  const bucket = output('Storage', 'ReportsBucketName');
  const key = archiveKey(report, format);
  const bytes = await s3Objects(bucket, new S3Client(clientConfig('S3'))).read(key);
  if (!bytes) throw new CommandFailed(`${key} is not in ${bucket}, although the report is on record as archived`);
  return bytes;
};
