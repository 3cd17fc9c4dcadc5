import { rotateCertificateJob } from '#core/contracts/agent-report';
import { bell } from './bell.ts';
import type { Run } from './run.ts';
import { isWorthReporting, selfReport } from './self-report.ts';
import { SOFTWARE } from './software.ts';
import type { Control, Job } from './uplink/control.ts';

/** Between two reports, and between two looks at whether one is due. */
const LOOK_MS = 5000;
/** Until a request that got no answer is made again, if the connection has not come back before. */
const AGAIN_MS = 60_000;

type Conversing = Run & { readonly control: Control };

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Reports when something is worth it and the cloud is there, and at every connection. */
const reports = async (run: Conversing): Promise<void> => {
  const { control, facility, report, clock, stop } = run;
  const due = bell();
  let reported: ReturnType<typeof selfReport> | undefined;
  let complained = '';
  control.onConnected(() => {
    reported = undefined;
    due.ring();
  });
  stop.addEventListener('abort', () => due.ring(), { once: true });
  while (!stop.aborted) {
    await due.heardWithin(LOOK_MS, clock);
    if (stop.aborted || !control.isConnected()) continue;
    const now = selfReport({ ...run, software: SOFTWARE });
    if (!isWorthReporting(reported, now)) continue;
    try {
      await control.report(now);
      reported = now;
      complained = '';
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== complained && !stop.aborted) report({ event: 'unanswered', facility, request: 'report', reason });
      complained = reason;
      await due.heardWithin(AGAIN_MS, clock);
      due.ring();
    }
  }
};

/** What became of a job, and why. */
const workOn = async (
  { id, document }: Job,
  { rotate }: Run,
): Promise<['SUCCEEDED' | 'FAILED' | 'REJECTED', string?]> => {
  if (!rotateCertificateJob.safeParse(document).success)
    return ['REJECTED', 'this agent knows the operation rotate-certificate, version 1, and no other'];
  if (!rotate)
    return ['REJECTED', 'this agent was not provisioned: it has no serial number to ask for a certificate with'];
  try {
    await rotate(id);
    return ['SUCCEEDED'];
  } catch (error) {
    return ['FAILED', reasonOf(error)];
  }
};

/** Works on the cloud's jobs, one after another. One that was interrupted is given again by the cloud. */
const jobs = async (run: Conversing): Promise<void> => {
  const { control, facility, report, clock, stop } = run;
  const due = bell();
  control.onConnected(due.ring);
  control.onJobs(due.ring);
  stop.addEventListener('abort', () => due.ring(), { once: true });
  let complained = '';
  while (!stop.aborted) {
    await due.heard();
    if (stop.aborted) return;
    try {
      for (let job = await control.nextJob(); job && !stop.aborted; job = await control.nextJob()) {
        const [status, reason] = await workOn(job, run);
        // Interrupted: the next run goes on with it.
        if (stop.aborted) return;
        report({ event: 'job', facility, job: job.id, status, ...(reason === undefined ? {} : { reason }) });
        await control.updateJob(job.id, status, reason);
      }
      complained = '';
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== complained && !stop.aborted) report({ event: 'unanswered', facility, request: 'jobs', reason });
      complained = reason;
      await due.heardWithin(AGAIN_MS, clock);
      due.ring();
    }
  }
};

/** Everything the agent and the cloud say to each other besides minutes, until `stop`. */
export const converse = async (run: Run): Promise<void> => {
  const { control, resends } = run;
  if (!control) return;
  control.onCommand((payload) => void resends.receive(payload));
  await Promise.all([reports({ ...run, control }), jobs({ ...run, control })]);
};
