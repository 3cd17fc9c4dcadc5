import { expect, it } from 'vitest';
import type { RunningReport } from '#adapters/data-api-reports';
import type { ReportMachine } from '#adapters/sfn-reports';
import type { ReportEntry, ReportRequest } from '#core/contracts/report';
import { quarterName } from '#core/report/names';
import { makeHandler } from '../../functions/start-reports/handler.ts';
import { context } from './events.ts';

interface Given {
  readonly failing?: string;
  readonly running?: readonly RunningReport[];
  readonly stateOf?: ReportMachine['stateOf'];
}

const world = (now: string, options: Given = {}) => {
  const givenUp: string[][] = [];
  const started: string[] = [];
  const reports = new Map<string, ReportEntry>();
  const handler = makeHandler({
    facilities: async () => [
      { facility: '7953', utcOffsetMinutes: -420 },
      { facility: 'idle', utcOffsetMinutes: -420 },
      { facility: 'reported', utcOffsetMinutes: -420 },
    ],
    store: { facilityHasHours: async (facility) => facility !== 'idle' },
    reports: {
      newest: async (facility) =>
        facility === 'reported' ? ({ revision: 1, state: 'failed' } as ReportEntry) : reports.get(facility),
      runningSince: async (before) => (options.running ?? []).filter(({ startedAt }) => startedAt < before),
      markFailed: async (execution, failure) => void givenUp.push([execution, failure]),
    },
    machine: {
      stateOf: options.stateOf ?? (async () => ({ state: 'running' })),
      start: async (_, request: ReportRequest, startedBy) => {
        if (request.facility === options.failing) throw new Error('throttled');
        started.push(`${request.facility} ${quarterName(request)} ${startedBy}`);
        reports.set(request.facility, { revision: 1, state: 'running' } as ReportEntry);
        return { order: { ...request, revision: 1, startedBy }, execution: 'arn:x', startedAt: now, started: true };
      },
    },
    now: () => Date.parse(now),
  });
  return { started, givenUp, run: () => handler({}, context) };
};

it('the report of a quarter is started two days after its end, on the clock of the plant, and once', async () => {
  // Midnight in Mountain Standard Time is 07:00 UTC.
  const early = world('2018-04-03T06:59:00Z');
  await early.run();
  expect(early.started).toEqual(['7953 2017-Q4 schedule']);
  const due = world('2018-04-03T07:00:00Z');
  await due.run();
  await due.run();
  expect(due.started).toEqual(['7953 2018-Q1 schedule']);
});

it('what cannot be started is told of after the others were', async () => {
  const { run } = world('2018-04-03T07:00:00Z', { failing: '7953' });
  await expect(run()).rejects.toThrow(/reports of 7953 were not seen to/);
});

const running = (facility: string, startedAt: string) =>
  ({
    facility,
    year: 2018,
    quarter: 1,
    revision: 1,
    state: 'running',
    startedAt,
    execution: facility,
  }) as RunningReport;

it('a report whose execution ended without a word does not stay on record as being made', async () => {
  const old = '2018-05-01T00:00:00.000Z';
  const { run, givenUp } = world('2018-05-02T00:00:00Z', {
    running: [running('stopped', old), running('waits', old), running('lost', old), running('new', '2018-05-01T18:00')],
    stateOf: async (execution) => {
      if (execution === 'waits') return { state: 'running' };
      if (execution === 'lost') throw new Error('throttled');
      return { state: 'failed', cause: 'ABORTED' };
    },
  });
  // What Step Functions did not answer for is told of, and looked at again the next day.
  await expect(run()).rejects.toThrow(/reports of lost were not seen to/);
  expect(givenUp).toEqual([['stopped', 'its execution ended without a result: ABORTED']]);
});
