import { join } from 'node:path';
import * as z from 'zod';
import { AwsError } from '../aws-json.ts';
import { openStateFile } from './state-file.ts';

const STATUSES = [
  'QUEUED',
  'IN_PROGRESS',
  'SUCCEEDED',
  'FAILED',
  'REJECTED',
  'CANCELED',
  'REMOVED',
  'TIMED_OUT',
] as const;
export type ExecutionStatus = (typeof STATUSES)[number];

// Times in seconds since 1970.
const execution = z.object({
  status: z.enum(STATUSES),
  statusDetails: z.record(z.string(), z.string()),
  queuedAt: z.number(),
  startedAt: z.number().optional(),
  lastUpdatedAt: z.number(),
  versionNumber: z.int(),
  executionNumber: z.int(),
});
const job = z.object({
  document: z.string(),
  description: z.string().optional(),
  status: z.enum(['IN_PROGRESS', 'COMPLETED', 'CANCELED']),
  createdAt: z.number(),
  lastUpdatedAt: z.number(),
  completedAt: z.number().optional(),
  /** By thing. */
  executions: z.record(z.string(), execution),
});

export type Job = Readonly<z.infer<typeof job>>;
export type Execution = Readonly<z.infer<typeof execution>> & { readonly jobId: string; readonly thingName: string };

const IN_WORK: readonly ExecutionStatus[] = ['QUEUED', 'IN_PROGRESS'];
export const isTerminal = (status: ExecutionStatus): boolean => !IN_WORK.includes(status);

/** Why an update of an execution is refused, with the execution as it is. */
export class JobRefusal extends Error {
  readonly code: string;
  readonly execution: Execution | undefined;

  constructor(code: string, message: string, of?: Execution) {
    super(message);
    this.code = code;
    this.execution = of;
  }
}

export interface ExecutionUpdate {
  readonly status: ExecutionStatus;
  readonly statusDetails?: Readonly<Record<string, string>> | undefined;
  readonly expectedVersion?: number | undefined;
}

/** Jobs and their executions on things. */
export interface Jobs {
  /** @throws AwsError ResourceAlreadyExistsException */
  create(jobId: string, things: readonly string[], document: string, description?: string): void;
  job(jobId: string): Job | undefined;
  /** In the order in which the jobs were created. */
  executionsOf(thing: string): readonly Execution[];
  execution(jobId: string, thing: string): Execution | undefined;
  /** The execution that a thing is to do next, one in progress before one that waits. */
  next(thing: string): Execution | undefined;
  /** Puts the next execution in progress; one that is in progress stays as it is. */
  startNext(thing: string, statusDetails?: Readonly<Record<string, string>>): Execution | undefined;
  /** @throws JobRefusal */
  update(thing: string, jobId: string, update: ExecutionUpdate): Execution;
  /** Cancels what waits, with `force` also what is in progress. @throws AwsError when the job is over */
  cancel(jobId: string, force: boolean): void;
  /** What a thing had to do when it was deleted. */
  removeThing(thing: string): void;
}

export const openJobs = (options: {
  readonly dataDir: string;
  readonly now?: () => number;
  /** Which execution is next for a thing has changed. */
  readonly nextChanged: (thing: string) => void;
}): Jobs => {
  const { dataDir, now = Date.now, nextChanged } = options;
  const file = openStateFile(
    join(dataDir, 'jobs.json'),
    z.strictObject({ v: z.literal(1), jobs: z.record(z.string(), job) }),
    { v: 1 as const, jobs: {} },
  );
  const { jobs } = file.state;
  const seconds = () => Math.floor(now() / 1000);
  const jobNamed = (jobId: string) => (Object.hasOwn(jobs, jobId) ? jobs[jobId] : undefined);

  const executionOf = (jobId: string, thing: string): Execution | undefined => {
    const found = jobNamed(jobId)?.executions[thing];
    return found && { jobId, thingName: thing, ...found };
  };
  const executionsOf = (thing: string): Execution[] =>
    Object.keys(jobs)
      .sort((a, b) => jobs[a]!.createdAt - jobs[b]!.createdAt)
      .flatMap((jobId) => executionOf(jobId, thing) ?? []);
  const next = (thing: string): Execution | undefined => {
    const all = executionsOf(thing);
    return all.find(({ status }) => status === 'IN_PROGRESS') ?? all.find(({ status }) => status === 'QUEUED');
  };

  /** Changes something and tells every thing whose next execution is another one then. */
  const change = (things: readonly string[], act: () => void): void => {
    const before = things.map((thing) => next(thing)?.jobId);
    act();
    file.save();
    for (const [i, thing] of things.entries()) if (next(thing)?.jobId !== before[i]) nextChanged(thing);
  };

  const set = (
    jobId: string,
    thing: string,
    status: ExecutionStatus,
    statusDetails?: Readonly<Record<string, string>>,
  ) => {
    const of = jobs[jobId]!;
    const before = of.executions[thing]!;
    of.executions[thing] = {
      ...before,
      status,
      statusDetails: { ...(statusDetails ?? before.statusDetails) },
      ...(status === 'IN_PROGRESS' && before.startedAt === undefined && { startedAt: seconds() }),
      lastUpdatedAt: seconds(),
      versionNumber: before.versionNumber + 1,
    };
    of.lastUpdatedAt = seconds();
    if (of.status === 'IN_PROGRESS' && Object.values(of.executions).every((one) => isTerminal(one.status))) {
      of.status = 'COMPLETED';
      of.completedAt = seconds();
    }
  };

  return {
    create: (jobId, things, document, description) => {
      if (jobNamed(jobId)) throw new AwsError('ResourceAlreadyExistsException', `Job ${jobId} already exists`, 409);
      const at = seconds();
      const queued = { status: 'QUEUED' as const, statusDetails: {}, queuedAt: at, lastUpdatedAt: at };
      change(things, () => {
        jobs[jobId] = {
          document,
          ...(description !== undefined && { description }),
          status: 'IN_PROGRESS',
          createdAt: at,
          lastUpdatedAt: at,
          executions: Object.fromEntries(
            things.map((thing) => [thing, { ...queued, versionNumber: 1, executionNumber: 1 }]),
          ),
        };
      });
    },
    job: jobNamed,
    executionsOf,
    execution: executionOf,
    next,
    startNext: (thing, statusDetails) => {
      const found = next(thing);
      if (found?.status !== 'QUEUED') return found;
      change([thing], () => set(found.jobId, thing, 'IN_PROGRESS', statusDetails));
      return executionOf(found.jobId, thing);
    },
    update: (thing, jobId, { status, statusDetails, expectedVersion }) => {
      const found = executionOf(jobId, thing);
      if (!found) throw new JobRefusal('ResourceNotFound', `job ${jobId} has no execution on thing ${thing}`);
      if (expectedVersion !== undefined && expectedVersion !== found.versionNumber)
        throw new JobRefusal(
          'VersionMismatch',
          `expected version ${expectedVersion}, it is ${found.versionNumber}`,
          found,
        );
      if (isTerminal(found.status))
        throw new JobRefusal('InvalidStateTransition', `the execution is ${found.status} and stays so`, found);
      change([thing], () => set(jobId, thing, status, statusDetails));
      return executionOf(jobId, thing)!;
    },
    cancel: (jobId, force) => {
      const found = jobNamed(jobId);
      if (!found) throw new AwsError('ResourceNotFoundException', `Job ${jobId} does not exist`, 404);
      if (found.status !== 'IN_PROGRESS')
        throw new AwsError('InvalidRequestException', `Job ${jobId} is ${found.status} and cannot be canceled`);
      const things = Object.keys(found.executions);
      change(things, () => {
        found.status = 'CANCELED';
        found.completedAt = seconds();
        for (const thing of things) {
          const { status } = found.executions[thing]!;
          if (status === 'QUEUED' || (force && status === 'IN_PROGRESS')) set(jobId, thing, 'CANCELED');
        }
      });
    },
    removeThing: (thing) => {
      const open = executionsOf(thing).filter(({ status }) => !isTerminal(status));
      if (open.length === 0) return;
      change([thing], () => {
        for (const { jobId } of open) set(jobId, thing, 'REMOVED');
      });
    },
  };
};
