import * as z from 'zod';
import type { RestRoutes } from '../../rest.ts';
import type { ControlOptions } from '../control-plane.ts';
import type { Execution } from '../jobs.ts';
import { invalid, notFound, read } from './refusals.ts';

const JOB_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const createRequest = z.strictObject({
  targets: z.array(z.string()).min(1).max(100),
  document: z.string().min(1).max(32_768),
  description: z.string().max(2028).optional(),
  targetSelection: z.literal('SNAPSHOT', 'only snapshot jobs run here').default('SNAPSHOT'),
  // Nothing here lives as long as a time-out or a tag.
  timeoutConfig: z.unknown().optional(),
  tags: z.unknown().optional(),
});
const cancelRequest = z.strictObject({ reasonCode: z.string().optional(), comment: z.string().optional() });

const times = ({ queuedAt, startedAt, lastUpdatedAt, executionNumber }: Execution) => ({
  queuedAt,
  ...(startedAt !== undefined && { startedAt }),
  lastUpdatedAt,
  executionNumber,
});

export const jobRoutes = ({ registry, jobs, guard, arnPrefix }: ControlOptions): RestRoutes => {
  const arnOf = (jobId: string) => `${arnPrefix}job/${jobId}`;
  const things = `${arnPrefix}thing/`;

  return {
    'PUT /jobs/{jobId}': ({ path, json, caller }) => {
      const { jobId } = path as { jobId: string };
      const { targets, document, description } = read(createRequest, json());
      for (const resource of [arnOf(jobId), ...targets]) guard.check(caller, 'iot:CreateJob', resource);
      if (!JOB_ID.test(jobId)) throw invalid(`job id ${jobId} is not allowed: 1 to 64 of letters, digits, _ and -`);
      const names = targets.map((arn) => {
        if (!arn.startsWith(things)) throw invalid(`${arn} is not a thing of this account and region`);
        const name = arn.slice(things.length);
        if (!registry.thing(name)) throw notFound(`thing ${name}`);
        return name;
      });
      try {
        JSON.parse(document);
      } catch {
        throw invalid('the job document is not JSON');
      }
      jobs.create(jobId, names, document, description);
      return { jobArn: arnOf(jobId), jobId, ...(description !== undefined && { description }) };
    },
    'GET /jobs/{jobId}': ({ path, caller }) => {
      const { jobId } = path as { jobId: string };
      guard.check(caller, 'iot:DescribeJob', arnOf(jobId));
      const found = jobs.job(jobId);
      if (!found) throw notFound(`job ${jobId}`);
      const { document: _, executions, ...job } = found;
      const targets = Object.keys(executions).map((name) => things + name);
      return { job: { jobArn: arnOf(jobId), jobId, ...job, targets, targetSelection: 'SNAPSHOT' } };
    },
    'PUT /jobs/{jobId}/cancel': ({ path, query, json, caller }) => {
      const { jobId } = path as { jobId: string };
      guard.check(caller, 'iot:CancelJob', arnOf(jobId));
      read(cancelRequest, json());
      jobs.cancel(jobId, query.get('force') === 'true');
      return { jobArn: arnOf(jobId), jobId };
    },
    'GET /things/{thingName}/jobs/{jobId}': ({ path, caller }) => {
      const { jobId, thingName } = path as { jobId: string; thingName: string };
      for (const resource of [arnOf(jobId), things + thingName])
        guard.check(caller, 'iot:DescribeJobExecution', resource);
      const found = jobs.execution(jobId, thingName);
      if (!found) throw notFound(`execution of job ${jobId} on thing ${thingName}`);
      const { status, statusDetails, versionNumber } = found;
      return {
        execution: {
          jobId,
          thingArn: things + thingName,
          status,
          statusDetails: { detailsMap: statusDetails },
          ...times(found),
          versionNumber,
        },
      };
    },
    'GET /things/{thingName}/jobs': ({ path, query, caller }) => {
      const { thingName } = path as { thingName: string };
      guard.check(caller, 'iot:ListJobExecutionsForThing', things + thingName);
      if (!registry.thing(thingName)) throw notFound(`thing ${thingName}`);
      const [status, jobId] = [query.get('status'), query.get('jobId')];
      const wanted = jobs
        .executionsOf(thingName)
        .filter((one) => (status === null || one.status === status) && (jobId === null || one.jobId === jobId));
      return {
        executionSummaries: wanted.map((one) => ({
          jobId: one.jobId,
          jobExecutionSummary: { status: one.status, ...times(one) },
        })),
      };
    },
  };
};
