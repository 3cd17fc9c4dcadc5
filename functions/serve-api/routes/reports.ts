import * as z from 'zod';
import { audited } from '#adapters/audited';
import type { Database } from '#adapters/data-api';
import type { QuarterStore } from '#adapters/data-api-quarter';
import type { ReportStore } from '#adapters/data-api-reports';
import { whyNoReport } from '#adapters/reportable-quarter';
import type { ReportMachine } from '#adapters/sfn-reports';
import type { Me } from '#core/contracts/api/access';
import { facilityName } from '#core/contracts/api/words';
import { type ReportEntry, type ReportRequest, reportRequest } from '#core/contracts/report';
import type { PlanStore } from '#core/ports';
import { archiveKey, quarterName, type ReportName } from '#core/report/names';
import { ApiProblem } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { cursorOf, numberPlace } from '../cursor.ts';
import { covers, facilityFor, noFacility, visibleTo } from '../visible-facilities.ts';

export interface ReportParts {
  readonly plans: PlanStore;
  readonly database: Database;
  readonly reports: ReportStore;
  readonly quarters: Pick<QuarterStore, 'facilityHasHours'>;
  readonly reportMachine: Pick<ReportMachine, 'isRunning' | 'start'>;
  /** A link to a file in the archive, under the name that it gets on the reader's disk. */
  readonly reportLink: (key: string, fileName: string, seconds: number) => Promise<string>;
  readonly now: () => number;
}

/** Long enough to click, too short to hand on. */
const LINK_SECONDS = 300;

const place = cursorOf(
  'reports',
  z.tuple([reportRequest.shape.year, reportRequest.shape.quarter, facilityName, numberPlace]),
);

export const reportRoutes = ({ plans, database, reports, quarters, reportMachine, reportLink, now }: ReportParts) => {
  const reportFor = async (caller: Me, name: ReportName): Promise<ReportEntry> => {
    const report = covers(caller, name.facility) ? await reports.find(name) : undefined;
    if (!report)
      throw new ApiProblem(404, `there is no report ${titleOf(name)} r${name.revision} of a facility that you may see`);
    return report;
  };

  return {
    reports: async ({ caller, query }) => {
      const [year, quarter, facility, revision] = place.read(query.cursor) ?? [];
      const facilities = await visibleTo(plans, caller, query.facility);
      const after =
        facility === undefined ? undefined : { year: year!, quarter: quarter!, facility, revision: revision! };
      const found = await reports.list({ facilities, after, limit: query.limit + 1 });
      const shown = found.slice(0, query.limit);
      const last = shown.at(-1);
      return {
        reports: shown,
        next:
          found.length > shown.length && last
            ? place.write([last.year, last.quarter, last.facility, last.revision])
            : null,
      };
    },

    startReport: async ({ caller, body: { why, ...request } }) => {
      const { facility, year, quarter } = request;
      if (!covers(caller, facility)) throw noFacility(facility);
      const { plan } = await facilityFor(plans, caller, facility);
      const hindrance = await whyNoReport(quarters, request, {
        utcOffsetMinutes: plan.utcOffsetMinutes,
        now: now(),
      });
      if (hindrance !== undefined) throw new ApiProblem(409, hindrance);
      const newest = await reports.newest(facility, year, quarter);
      if (newest?.state === 'running' && (await reportMachine.isRunning(newest))) throw running(newest);
      const deed = { who: caller.who, action: 'report start', subject: titleOf(request), why };
      const before = newest ? { revision: newest.revision, state: newest.state } : null;
      return audited(database, deed, before, async () => {
        const { order, execution, startedAt, started } = await reportMachine.start(reports, request, caller.who);
        if (!started) throw running(order);
        // The first step writes the same row: whoever asks for the list right after this sees it all the same.
        await reports.start(order, execution, startedAt);
        return { result: (await reports.find(order))!, after: { revision: order.revision } };
      });
    },

    report: ({ caller, params }) => reportFor(caller, params),

    downloadReport: async ({ caller, params, query: { format } }) => {
      const report = await reportFor(caller, params);
      if (report.state !== 'archived')
        throw new ApiProblem(
          409,
          `report ${titleOf(report)} r${report.revision} is ${report.state}: only an archived one has files`,
        );
      const fileName = `${report.facility}-${quarterName(report)}-r${report.revision}.${format}`;
      const expiresAt = new Date(now() + LINK_SECONDS * 1000).toISOString();
      return { url: await reportLink(archiveKey(report, format), fileName, LINK_SECONDS), expiresAt };
    },
  } satisfies Pick<Routes, 'reports' | 'startReport' | 'report' | 'downloadReport'>;
};

const titleOf = ({ facility, ...quarter }: ReportRequest): string => `${facility} ${quarterName(quarter)}`;

const running = (report: ReportName): ApiProblem =>
  new ApiProblem(
    409,
    `report ${titleOf(report)} r${report.revision} is being made; wait until it is archived or failed`,
  );
