import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateJobCommand,
  DescribeJobExecutionCommand,
  DescribeThingCommand,
  type IoTClient,
  type JobExecutionStatus,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-iot';
import { rotateCertificateJob } from '#core/contracts/agent-report';

export interface RotationJob {
  readonly jobId: string;
  readonly status: JobExecutionStatus;
  /** What the agent says about it. */
  readonly reason: string | undefined;
}

const IN_WORK: readonly JobExecutionStatus[] = ['QUEUED', 'IN_PROGRESS'];

/** A job keeps 64 characters of name; the first 32 digits of a certificate's id name it well enough. */
const jobIdOf = (certificateId: string, attempt: number): string => `rotate-${certificateId.slice(0, 32)}-${attempt}`;

/**
 * The job that has the agent of `thing` replace this certificate. One that waits or runs already is the one that is
 * meant, so a command that was interrupted is gone on with; after one that failed there is a new one.
 * @returns the id of the job
 */
export const rotationJob = async (iot: IoTClient, thingName: string, certificateId: string): Promise<string> => {
  const { thingArn } = await iot.send(new DescribeThingCommand({ thingName }));
  for (let attempt = 1; ; attempt++) {
    const jobId = jobIdOf(certificateId, attempt);
    try {
      await iot.send(
        new CreateJobCommand({
          jobId,
          targets: [thingArn!],
          document: JSON.stringify(rotateCertificateJob.parse({ v: 1, operation: 'rotate-certificate' })),
          description: `a new certificate for ${thingName}`,
        }),
      );
      return jobId;
    } catch (error) {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    }
    if (IN_WORK.includes((await stateOf(iot, thingName, jobId)).status)) return jobId;
  }
};

const stateOf = async (iot: IoTClient, thingName: string, jobId: string): Promise<RotationJob> => {
  const { execution } = await iot.send(new DescribeJobExecutionCommand({ jobId, thingName }));
  const { status, statusDetails } = execution!;
  return { jobId, status: status!, reason: statusDetails?.detailsMap?.reason };
};

/** How a job ended, or how it stands at `deadline`. @throws AbortError when it is stopped */
export const whenEnded = async (
  iot: IoTClient,
  thingName: string,
  jobId: string,
  options: {
    /** Milliseconds since 1970. */
    readonly deadline: number;
    readonly everyMs: number;
    readonly stop: AbortSignal;
    readonly progress: (job: RotationJob) => void;
  },
): Promise<RotationJob> => {
  const { deadline, everyMs, stop, progress } = options;
  for (;;) {
    const job = await stateOf(iot, thingName, jobId);
    if (!IN_WORK.includes(job.status) || Date.now() >= deadline) return job;
    progress(job);
    await sleep(everyMs, undefined, { signal: stop });
  }
};
