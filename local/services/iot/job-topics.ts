import * as z from 'zod';
import { type Execution, JobRefusal, type Jobs } from './jobs.ts';

export interface JobAnswer {
  /** `accepted` or `rejected`, behind the topic of the request. */
  readonly outcome: 'accepted' | 'rejected';
  readonly body: object;
}

// The service ignores what it does not know, so that an agent may be newer than it.
const token = z.object({ clientToken: z.string().max(64).optional() });
const details = z.record(z.string().max(128), z.string().max(1024)).optional();
const REQUESTS = {
  'start-next': token.extend({ statusDetails: details }),
  pending: token,
  get: token.extend({ includeJobDocument: z.boolean().default(true) }),
  update: token.extend({
    status: z.enum(['IN_PROGRESS', 'FAILED', 'SUCCEEDED', 'REJECTED']),
    statusDetails: details,
    expectedVersion: z.coerce.number().int().optional(),
    includeJobExecutionState: z.boolean().default(false),
    includeJobDocument: z.boolean().default(false),
  }),
};

/** An execution as a device gets it, with the job's document as JSON. */
const dataOf = (jobs: Jobs, execution: Execution, withDocument = true) => {
  const { statusDetails, ...rest } = execution;
  return {
    ...rest,
    ...(Object.keys(statusDetails).length > 0 && { statusDetails }),
    ...(withDocument && { jobDocument: documentOf(jobs, execution.jobId) }),
  };
};

const documentOf = (jobs: Jobs, jobId: string): unknown => JSON.parse(jobs.job(jobId)!.document);

const stateOf = ({ status, statusDetails, versionNumber }: Execution) => ({ status, statusDetails, versionNumber });

const summaryOf = ({ jobId, queuedAt, startedAt, lastUpdatedAt, versionNumber, executionNumber }: Execution) => ({
  jobId,
  queuedAt,
  ...(startedAt !== undefined && { startedAt }),
  lastUpdatedAt,
  versionNumber,
  executionNumber,
});

/** The message on `$aws/things/THING/jobs/notify-next`. */
export const nextNotice = (jobs: Jobs, thing: string, now: number): object => {
  const next = jobs.next(thing);
  return { timestamp: Math.floor(now / 1000), ...(next && { execution: dataOf(jobs, next) }) };
};

/**
 * Answers a request of a device. `request` is what stands behind `$aws/things/THING/jobs/`: `start-next`, `get`, `ID/get`
 * (`$next/get` too) or `ID/update`. https://docs.aws.amazon.com/iot/latest/developerguide/jobs-mqtt-api.html
 */
export const answerJobRequest = (
  jobs: Jobs,
  thing: string,
  request: readonly string[],
  payload: Buffer,
  now: number,
): JobAnswer => {
  const timestamp = Math.floor(now / 1000);
  let clientToken: string | undefined;
  const read = <Kind extends keyof typeof REQUESTS>(kind: Kind): z.infer<(typeof REQUESTS)[Kind]> => {
    let json: unknown;
    try {
      json = payload.length === 0 ? {} : JSON.parse(payload.toString('utf8'));
    } catch {
      throw new JobRefusal('InvalidJson', 'the contents of the request are not JSON');
    }
    const given = token.safeParse(json);
    clientToken = given.data?.clientToken;
    const result = REQUESTS[kind].safeParse(json);
    if (!result.success) throw new JobRefusal('InvalidRequest', z.prettifyError(result.error));
    return result.data as z.infer<(typeof REQUESTS)[Kind]>;
  };

  const answer = (): object => {
    const [first, second] = request;
    if (second === undefined && first === 'start-next') {
      const execution = jobs.startNext(thing, read('start-next').statusDetails);
      return execution ? { execution: dataOf(jobs, execution) } : {};
    }
    if (second === undefined) {
      read('pending');
      const all = jobs.executionsOf(thing);
      const having = (status: string) => all.filter((one) => one.status === status).map(summaryOf);
      return { inProgressJobs: having('IN_PROGRESS'), queuedJobs: having('QUEUED') };
    }
    if (second === 'get') {
      const { includeJobDocument } = read('get');
      const found = first === '$next' ? jobs.next(thing) : jobs.execution(first!, thing);
      if (!found && first !== '$next')
        throw new JobRefusal('ResourceNotFound', `job ${first} has no execution on thing ${thing}`);
      return found ? { execution: dataOf(jobs, found, includeJobDocument) } : {};
    }
    const { includeJobExecutionState, includeJobDocument, ...update } = read('update');
    const execution = jobs.update(thing, first!, update);
    return {
      ...(includeJobExecutionState && { executionState: stateOf(execution) }),
      ...(includeJobDocument && { jobDocument: documentOf(jobs, first!) }),
    };
  };

  try {
    const body = answer();
    return { outcome: 'accepted', body: { ...body, timestamp, ...(clientToken !== undefined && { clientToken }) } };
  } catch (error) {
    if (!(error instanceof JobRefusal)) throw error;
    const { code, message, execution } = error;
    const body = {
      code,
      message,
      timestamp,
      ...(clientToken !== undefined && { clientToken }),
      ...(execution && { executionState: stateOf(execution) }),
    };
    return { outcome: 'rejected', body };
  }
};
