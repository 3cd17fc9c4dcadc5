import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { quarterlyReport } from '#core/contracts/quarterly-report';
import { archived, collected, planned, type ReportStep, rendered } from '#core/contracts/report-steps';
import { hourOfText } from '#core/time';
import { makeHandler } from '../../functions/report-quarter/handler.ts';
import { FIRST, hour, running, window } from '../core/report/hours.ts';
import { planOf, turbineVersion } from '../core/sample-plan.ts';
import { testDatabase } from './database.ts';
import { context } from './events.ts';

const ARN = 'arn:aws:states:us-east-1:000000000000:execution:EmissionWatch-QuarterlyReport:7953-2018-Q1-r1';
const order = { facility: '7953', year: 2018, quarter: 1, revision: 1, startedBy: 'ada' };
const of = { order, execution: ARN, startedAt: '2018-04-03T02:00:00.000Z' };

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
}, 60_000);
afterAll(() => database.stop());

const world = () => {
  const work = new Map<string, string>();
  const archive = new Map<string, string>();
  const own = database.as('report_quarter');
  const reports = dataApiReports(own);
  const handler = makeHandler({
    plans: dataApiPlans(own),
    store: dataApiQuarter(own),
    reports,
    work: {
      put: async (key, body) => void work.set(key, String(body)),
      read: async (key) => {
        const text = work.get(key);
        return text === undefined ? undefined : Buffer.from(text);
      },
    },
    archive: {
      put: async (key, body) => {
        if (archive.has(key) && archive.get(key) !== body) throw new Error(`${key} has other content`);
        archive.set(key, body);
        return { retainedUntil: '2025-04-03T02:00:00.000Z' };
      },
    },
    softwareVersion: '1.2.3',
  });
  const run = (step: ReportStep) => handler(step, context);
  /** As the state machine does it. */
  const make = async () => {
    const plan = planned.parse(await run({ step: 'plan', ...of }));
    if ('nothing' in plan) throw new Error(plan.nothing);
    const parts = [];
    for (const source of plan.sources) parts.push(collected.parse(await run({ step: 'collect', ...of, source })));
    const files = rendered.parse(await run({ step: 'render', ...of, collected: parts }));
    return archived.parse(await run({ step: 'archive', ...of, rendered: files }));
  };
  return { work, archive, reports, run, make };
};

const storeHours = async (source: string, hours: readonly EmissionHour[]) => {
  await database.as('owner').execute(
    `insert into hour (hour, source_id, operating_time, document, look_back)
    select cast(d.value ->> 'at' as integer), s.source_id, cast(d.value -> 'document' ->> 'operatingTime' as numeric),
      d.value -> 'document', '{}'
    from jsonb_array_elements(cast(:documents as jsonb)) as d, source s where s.source = :source`,
    {
      source,
      documents: JSON.stringify(hours.map((one) => ({ at: hourOfText(one.hour), document: { ...one, source } }))),
    },
  );
};

const storeExceedance = async (at: number) => {
  const owner = database.as('owner');
  await owner.execute(
    `insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state, parameter,
      unit, citation, worst_average, limit_value)
    select '7953', source_id, 'NOX-4H', :at, :at, 1, 'ended', 'noxRate', 'lb/mmBtu', 'permit', '0.18', '0.15'
    from source where source = 'CT1'`,
    { at },
  );
  await owner.execute(
    `insert into compliance_record (window_end, source_id, rule, state, document)
    select :at, source_id, 'NOX-4H', 'exceedance', cast(:document as jsonb) from source where source = 'CT1'`,
    { at, document: JSON.stringify(window(at, '0.18')) },
  );
};

beforeEach(async () => {
  await database.as('owner').execute('truncate report, exceedance cascade');
  await database.empty();
  const plan = planOf([turbineVersion()]);
  await applyPlan(database.as('owner'), {
    ...plan,
    facility: '7953',
    orisCode: 7953,
    utcOffsetMinutes: -420,
    sources: ['CT1', 'CT2'].map((source) => ({ source, versions: [turbineVersion()] })),
  });
});

describe('a quarterly report', () => {
  it('is planned, collected, rendered and archived, and is on record with its checksum', async () => {
    // More hours than one answer of the database holds: 300 of 100 mmBtu.
    await storeHours(
      'CT1',
      Array.from({ length: 300 }, (_, i) => running(FIRST + i)),
    );
    await storeExceedance(FIRST + 5);
    const { make, archive, reports } = world();
    const result = await make();
    expect(result.json).toBe('reports/7953/2018-Q1/r1/report.json');
    const json = archive.get(result.json)!;
    expect(createHash('sha256').update(json).digest('hex')).toBe(result.sha256);
    const report = quarterlyReport.parse(JSON.parse(json));
    expect(report).toMatchObject({ orisCode: 7953, year: 2018, quarter: 1, complete: false, softwareVersion: '1.2.3' });
    expect(report.generatedAt).toBe(of.startedAt);
    // CT2 has nothing stored of the quarter: it is not in the report.
    expect(report.summaryValueData.filter(({ parameterCode }) => parameterCode === 'HIT')).toMatchObject([
      { unitId: 'CT1', currentReportingPeriodTotal: 30_000, totalCovers: 'stored-hours' },
    ]);
    expect(report.sources[0]!.exceedances).toMatchObject([{ rule: 'NOX-4H', worstAverage: '0.18', state: 'ended' }]);
    expect(report.sources[0]!.limits).toMatchObject([{ windows: 1, windowsOver: 1 }]);
    expect(archive.get(result.html)).toContain('first quarter of 2018');
    expect(await reports.find(order)).toMatchObject({
      state: 'archived',
      startedBy: 'ada',
      startedAt: of.startedAt,
      sha256: result.sha256,
      retainedUntil: result.retainedUntil,
      failure: null,
    });
  });

  it('comes out the same, byte by byte, when every step is repeated', async () => {
    await storeHours('CT1', [running(FIRST), hour(FIRST + 1)]);
    const { make, archive, work } = world();
    const first = await make();
    const before = [new Map(archive), new Map(work)];
    expect(await make()).toEqual(first);
    expect([archive, work]).toEqual(before);
  });

  it('that there is nothing to make from is an answer and no error: no alarm rings, and why is on record', async () => {
    const { run, reports } = world();
    const nobody = { ...order, facility: 'nowhere' };
    expect(planned.parse(await run({ step: 'plan', ...of, order: nobody }))).toEqual({
      nothing: expect.stringContaining('there is no facility nowhere'),
    });
    const nothing = 'no hour of 2018-Q1 is stored of facility 7953: a report needs at least one';
    expect(planned.parse(await run({ step: 'plan', ...of }))).toEqual({ nothing });
    expect(await reports.find(order)).toMatchObject({ state: 'failed', failure: nothing });
    // Lambda and Step Functions may run a step twice.
    expect(await run({ step: 'plan', ...of })).toEqual({ nothing });
  });

  it('that cannot be made is on record with what the state machine caught', async () => {
    await storeHours('CT1', [running(FIRST)]);
    const { run, reports } = world();
    await run({ step: 'plan', ...of });
    const Cause = JSON.stringify({ errorType: 'Error', errorMessage: 'the archive is away' });
    await run({ step: 'fail', ...of, error: { Error: 'Error', Cause } });
    expect(await reports.find(order)).toMatchObject({ state: 'failed', failure: 'the archive is away' });
  });

  it('that is archived stays so, whatever comes after', async () => {
    await storeHours('CT1', [running(FIRST)]);
    const { make, run, reports } = world();
    await make();
    await run({ step: 'fail', ...of, error: { Error: 'States.Timeout', Cause: 'too late' } });
    expect(await reports.find(order)).toMatchObject({ state: 'archived', failure: null });
  });

  it('whose execution ended without a word is given up by the next revision', async () => {
    await storeHours('CT1', [running(FIRST)]);
    const { run, reports } = world();
    await run({ step: 'plan', ...of });
    const next = { order: { ...order, revision: 2 }, execution: `${ARN}2`, startedAt: of.startedAt };
    await run({ step: 'plan', ...next });
    const listed = await reports.list({ facilities: ['7953'], limit: 10 });
    expect(listed.map(({ revision, state }) => [revision, state])).toEqual([
      [2, 'running'],
      [1, 'failed'],
    ]);
    expect(await reports.list({ facilities: 'all', after: listed[0], limit: 10 })).toEqual([listed[1]]);
    expect(await reports.newest('7953', 2018, 1)).toEqual(listed[0]);
  });

  it('that is on record as being made is found by those who give it up, with its execution', async () => {
    await storeHours('CT1', [running(FIRST)]);
    const { run, reports } = world();
    await run({ step: 'plan', ...of });
    expect(await reports.runningSince(of.startedAt)).toEqual([]);
    const later = '2018-04-03T02:00:00.001Z';
    expect(await reports.runningSince(later)).toMatchObject([{ facility: '7953', revision: 1, execution: ARN }]);
    await reports.markFailed(ARN, 'stopped');
    expect(await reports.runningSince(later)).toEqual([]);
  });

  it('takes no step that the contract does not know', async () => {
    const { run } = world();
    await expect(run({ step: 'delete', ...of } as never)).rejects.toThrow();
    await expect(run({ step: 'collect', ...of, source: '../x' } as never)).rejects.toThrow(/source/);
  });
});
