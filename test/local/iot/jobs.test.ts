import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { answerJobRequest, nextNotice } from '../../../local/services/iot/job-topics.ts';
import { type Jobs, openJobs } from '../../../local/services/iot/jobs.ts';
import { temporaryFolder } from '../temporary.ts';

const SECOND = 1_751_328_000;
let now: number;
let dataDir: string;
let changed: string[];
let jobs: Jobs;

const open = () => openJobs({ dataDir, now: () => now * 1000, nextChanged: (thing) => changed.push(thing) });
beforeEach(() => {
  now = SECOND;
  dataDir = temporaryFolder();
  changed = [];
  jobs = open();
});

const DOCUMENT = '{"v":1,"operation":"rotate-certificate"}';
const create = (jobId: string, ...things: string[]) => jobs.create(jobId, things, DOCUMENT);
const ask = (request: string, payload: unknown = {}, thing = 'agent') => {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return answerJobRequest(jobs, thing, request.split('/'), bytes, now * 1000);
};

describe('the next job of a thing', () => {
  it('is none when there is none', () => {
    expect(ask('start-next', { clientToken: 't' })).toEqual({
      outcome: 'accepted',
      body: { timestamp: SECOND, clientToken: 't' },
    });
    expect(ask('$next/get')).toEqual({ outcome: 'accepted', body: { timestamp: SECOND } });
  });

  it('is the oldest one that waits, and is in progress once it was started', () => {
    create('first', 'agent');
    now += 5;
    create('second', 'agent');
    now += 5;
    const execution = {
      jobId: 'first',
      thingName: 'agent',
      status: 'IN_PROGRESS',
      statusDetails: { step: 'one' },
      queuedAt: SECOND,
      startedAt: SECOND + 10,
      lastUpdatedAt: SECOND + 10,
      versionNumber: 2,
      executionNumber: 1,
      jobDocument: { v: 1, operation: 'rotate-certificate' },
    };
    expect(ask('start-next', { statusDetails: { step: 'one' } }).body).toEqual({ execution, timestamp: SECOND + 10 });
    now += 5;
    expect(ask('start-next', { statusDetails: { step: 'two' } }).body).toEqual({ execution, timestamp: SECOND + 15 });
    expect(ask('$next/get', { includeJobDocument: false }).body).not.toHaveProperty('execution.jobDocument');
  });

  it('is told to the thing when it becomes another one, and not when it only changes', () => {
    create('first', 'agent', 'other');
    create('second', 'agent');
    expect(changed).toEqual(['agent', 'other']);
    ask('start-next');
    expect(changed).toEqual(['agent', 'other']);
    ask('first/update', { status: 'SUCCEEDED' });
    expect(changed).toEqual(['agent', 'other', 'agent']);
    expect(nextNotice(jobs, 'agent', now * 1000)).toMatchObject({ execution: { jobId: 'second', status: 'QUEUED' } });
    ask('second/update', { status: 'FAILED' });
    expect(nextNotice(jobs, 'agent', now * 1000)).toEqual({ timestamp: SECOND });
  });
});

describe('an execution', () => {
  it('counts its versions, keeps its details, and is over when it is over', () => {
    create('job', 'agent');
    const update = (change: object) => ask('job/update', { includeJobExecutionState: true, ...change });
    expect(update({ status: 'IN_PROGRESS', statusDetails: { step: 'key made' } }).body).toMatchObject({
      executionState: { status: 'IN_PROGRESS', versionNumber: 2, statusDetails: { step: 'key made' } },
    });
    expect(update({ status: 'SUCCEEDED' }).body).toMatchObject({
      executionState: { status: 'SUCCEEDED', versionNumber: 3, statusDetails: { step: 'key made' } },
    });
    expect(jobs.job('job')?.status).toBe('COMPLETED');
    expect(update({ status: 'IN_PROGRESS', clientToken: 't' })).toMatchObject({
      outcome: 'rejected',
      body: { code: 'InvalidStateTransition', clientToken: 't', executionState: { status: 'SUCCEEDED' } },
    });
  });

  it('is not changed by somebody who thinks it is in another version', () => {
    create('job', 'agent');
    expect(ask('job/update', { status: 'IN_PROGRESS', expectedVersion: 7 })).toMatchObject({
      outcome: 'rejected',
      body: { code: 'VersionMismatch', executionState: { versionNumber: 1 } },
    });
    expect(ask('job/update', { status: 'IN_PROGRESS', expectedVersion: '1' }).outcome).toBe('accepted');
  });

  it('belongs to its thing', () => {
    create('job', 'agent');
    expect(ask('job/update', { status: 'SUCCEEDED' }, 'other').body).toMatchObject({ code: 'ResourceNotFound' });
    expect(ask('job/get', {}, 'other').body).toMatchObject({ code: 'ResourceNotFound' });
    expect(ask('get', {}, 'other').body).toMatchObject({ inProgressJobs: [], queuedJobs: [] });
    expect(ask('get').body).toMatchObject({ inProgressJobs: [], queuedJobs: [{ jobId: 'job' }] });
  });

  it('that waits is canceled with its job; one in progress only by force', () => {
    create('job', 'agent', 'other');
    ask('start-next');
    jobs.cancel('job', false);
    expect(jobs.execution('job', 'other')?.status).toBe('CANCELED');
    expect(jobs.execution('job', 'agent')?.status).toBe('IN_PROGRESS');
    create('again', 'third');
    ask('start-next', {}, 'third');
    jobs.cancel('again', true);
    expect(jobs.execution('again', 'third')?.status).toBe('CANCELED');
    expect(() => jobs.cancel('again', true)).toThrow('CANCELED and cannot be canceled');
    expect(() => jobs.cancel('none', true)).toThrow('does not exist');
  });

  it('goes with its thing', () => {
    create('job', 'agent');
    jobs.removeThing('agent');
    expect(jobs.execution('job', 'agent')?.status).toBe('REMOVED');
    expect(jobs.next('agent')).toBeUndefined();
  });
});

describe('jobs', () => {
  it('are there after a restart', () => {
    create('job', 'agent');
    ask('start-next');
    jobs = open();
    expect(jobs.next('agent')).toMatchObject({ jobId: 'job', status: 'IN_PROGRESS', versionNumber: 2 });
  });

  it('have names of their own', () => {
    create('job', 'agent');
    expect(() => create('job', 'other')).toThrow('already exists');
  });

  it.each([
    ['start-next', '{', 'InvalidJson'],
    ['job/update', '{}', 'InvalidRequest'],
    ['job/update', '{"status":"DONE"}', 'InvalidRequest'],
    ['job/update', '{"status":"SUCCEEDED","statusDetails":{"a":1}}', 'InvalidRequest'],
    ['job/get', '[]', 'InvalidRequest'],
  ])('answer %s with %s by %s', (request, payload, code) => {
    create('job', 'agent');
    expect(ask(request, payload)).toMatchObject({ outcome: 'rejected', body: { code } });
  });

  it('take any request without harm', () => {
    create('job', 'agent');
    fc.assert(
      fc.property(
        fc.constantFrom('start-next', 'get', 'job/get', 'job/update', '$next/get'),
        fc.json(),
        (request, json) => {
          expect(['accepted', 'rejected']).toContain(ask(request, json).outcome);
        },
      ),
    );
  });
});
