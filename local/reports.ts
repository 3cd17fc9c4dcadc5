import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '#adapters/data-api';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { madeFrom, sha256Of } from '#adapters/made-from';
import { type Deployment, openDeployment } from '#cli/deployment';
import { archivedFile, reportMade, startReport } from '#cli/reports/make-report';
import { operatorDatabase } from '#cli/run';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { type QuarterlyReport, quarterlyReport } from '#core/contracts/quarterly-report';
import type { ReportEntry } from '#core/contracts/report';
import { quarterName } from '#core/report/names';
import { nextQuarter, type Quarter, quarterHours, quarterOfDay } from '#core/report/quarter';
import { expectsTheSame, isInterim, madeFromLines } from '#core/report/quarterly-report';
import { plantClock } from '#core/time';
import type { Progress } from './progress.ts';

/** A report that lies in the archive and in the data folder. */
export interface LocalReport {
  readonly report: QuarterlyReport;
  readonly jsonFile: string;
  readonly htmlFile: string;
  readonly retainedUntil: string;
  /** False: one that would come out the same was in the archive already. */
  readonly made: boolean;
}

interface Parts {
  readonly deployment: Deployment;
  /** As the operator, who is on record for what is started. */
  readonly operator: Database;
  /** Reads what the operator may not: the stored hours. */
  readonly runner: Database;
  readonly bar: Progress;
  readonly stopped: AbortSignal;
}

/**
 * Has the report made of every quarter that the stored hours of the facilities touch, the way in which people do it, and
 * fetches each into the data folder. A quarter whose newest report would come out the same keeps that one.
 */
export const makeReports = async (options: {
  readonly dataDir: string;
  readonly database: Database;
  readonly facilities: readonly string[];
  readonly bar: Progress;
  readonly stopped: AbortSignal;
}): Promise<readonly LocalReport[]> => {
  const { dataDir, database, facilities, bar, stopped } = options;
  const deployment = await openDeployment({ local: true, dataDir });
  const parts = { deployment, operator: operatorDatabase(deployment), runner: database, bar, stopped };
  const reports: LocalReport[] = [];
  for (const facility of [...facilities].sort())
    for (const quarter of await quartersOf(database, facility)) {
      stopped.throwIfAborted();
      const { entry, made } = await newestReport(parts, facility, quarter);
      reports.push({ ...(await fetched(deployment, join(dataDir, 'reports'), entry)), made });
    }
  bar.clear();
  return reports;
};

interface KnownFacility extends Pick<MonitoringPlan, 'utcOffsetMinutes'> {
  /** Numbers of the sources by their names. */
  readonly sources: ReadonlyMap<string, number>;
}

const facilityIn = async ({ execute }: Pick<Database, 'execute'>, facility: string): Promise<KnownFacility> => {
  const rows = await execute(
    `select s.source, s.source_id, cast(f.plan ->> 'utcOffsetMinutes' as integer)
    from facility f join source s using (facility) where f.facility = :facility`,
    { facility },
  );
  return {
    utcOffsetMinutes: (rows[0]?.[2] ?? 0) as number,
    sources: new Map(rows.map(([source, id]) => [source as string, id as number])),
  };
};

/** Quarters of which anything is stored, in order. */
const quartersOf = async (database: Database, facility: string): Promise<Quarter[]> => {
  const { sources, utcOffsetMinutes } = await facilityIn(database, facility);
  const store = dataApiQuarter(database);
  const spans = [...(await store.span([...sources.values()])).values()];
  if (spans.length === 0) return [];
  const last = Math.max(...spans.map((span) => span.last));
  const quarters: Quarter[] = [];
  let quarter = quarterOfDay(plantClock(Math.min(...spans.map((span) => span.first)), utcOffsetMinutes).date);
  for (;;) {
    const range = quarterHours(quarter, utcOffsetMinutes);
    if (range.from > last) return quarters;
    if (await store.facilityHasHours(facility, range)) quarters.push(quarter);
    quarter = nextQuarter(quarter);
  }
};

const newestReport = async (
  { deployment, operator, runner, bar, stopped }: Parts,
  facility: string,
  quarter: Quarter,
): Promise<{ readonly entry: ReportEntry; readonly made: boolean }> => {
  const note = (text: string) => bar.show(0, undefined, `report ${facility} ${quarterName(quarter)}: ${text}`);
  const newest = await dataApiReports(operator).newest(facility, quarter.year, quarter.quarter);
  if (newest?.state === 'archived') {
    note('comparing with the archive');
    const digest = await digestNow(runner, facility, quarter);
    const document = await documentOf(deployment, newest);
    if (document && wouldBeTheSame(document, digest, Date.now())) return { entry: newest, made: false };
  }
  note('starting');
  const started = await startReport(deployment, operator, { facility, ...quarter }, 'npm start');
  const entry = await reportMade(deployment, operator, started, {
    stop: stopped,
    look: (seconds) => note(`being made, ${Math.floor(seconds)} s`),
  });
  return { entry, made: true };
};

/**
 * A report made now would say what this one says: of the same hours and exceedances, by the same version, and with the
 * same hours expected. One made before its quarter was over is made again after it, although no hour has come.
 * @param now milliseconds since 1970, UTC
 */
export const wouldBeTheSame = (
  report: Pick<QuarterlyReport, 'madeFrom' | 'softwareVersion' | 'generatedAt' | 'period'>,
  digest: string,
  now: number,
): boolean =>
  report.madeFrom.sha256 === digest &&
  report.softwareVersion === VERSION &&
  expectsTheSame(report, Math.floor(now / 60_000));

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

/** Undefined when it has another form than this version gives a report. */
const documentOf = async (deployment: Deployment, entry: ReportEntry): Promise<QuarterlyReport | undefined> =>
  quarterlyReport.safeParse(JSON.parse(Buffer.from(await archivedFile(deployment, entry, 'json')).toString('utf8')))
    .data;

/** What a report of the quarter would be made from now. */
const digestNow = async (database: Database, facility: string, quarter: Quarter): Promise<string> => {
  const { sources, utcOffsetMinutes } = await facilityIn(database, facility);
  const store = dataApiQuarter(database);
  const parts = [];
  for (const [source, sourceId] of sources) {
    const range = { sourceId, ...quarterHours(quarter, utcOffsetMinutes) };
    const hours: EmissionHour[] = [];
    for await (const hour of store.hours(range)) hours.push(hour);
    if (hours.length > 0) parts.push({ source, madeFrom: madeFrom(hours, await store.exceedances(range)) });
  }
  return sha256Of(madeFromLines(parts));
};

const fetched = async (
  deployment: Deployment,
  folder: string,
  entry: ReportEntry,
): Promise<Omit<LocalReport, 'made'>> => {
  const json = await archivedFile(deployment, entry, 'json');
  const html = await archivedFile(deployment, entry, 'html');
  if (sha256Of(json) !== entry.sha256)
    throw new Error(`the archive's report of ${entry.facility} has another SHA-256 than the one on record`);
  const report = quarterlyReport.parse(JSON.parse(Buffer.from(json).toString('utf8')));
  const place = join(folder, String(report.orisCode ?? report.facility));
  mkdirSync(place, { recursive: true });
  const file = (format: string) => join(place, `${quarterName(report)}.${format}`);
  writeFileSync(file('json'), json);
  writeFileSync(file('html'), html);
  return { report, jsonFile: file('json'), htmlFile: file('html'), retainedUntil: entry.retainedUntil! };
};

/** For people, within 80 columns but for long paths. */
export const reportLines = (reports: readonly LocalReport[], shown: (file: string) => string): string[] =>
  reports.flatMap(({ report, htmlFile, retainedUntil, made }) => {
    const lacking = report.summaryValueData.filter(
      ({ totalCovers }) => totalCovers === 'not-recalculable' || totalCovers === 'measured-hours',
    ).length;
    const state = [
      report.complete ? 'every hour stored' : isInterim(report) ? 'the quarter is not over' : 'hours are missing',
      ...(lacking > 0 ? [`${lacking} of ${report.summaryValueData.length} totals lack hours`] : []),
      ...(made ? [] : [`unchanged since ${report.generatedAt.slice(0, 10)}`]),
    ];
    return [
      `report ${report.facility} ${quarterName(report)} r${report.revision}, held until ${retainedUntil.slice(0, 10)}:`,
      `  ${state.join(', ')}`,
      `  ${shown(htmlFile)}`,
    ];
  });
