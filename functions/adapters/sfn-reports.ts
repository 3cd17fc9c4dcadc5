import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ReportRequest } from '#core/contracts/report';
import type { ReportOrder } from '#core/contracts/report-steps';
import { executionName, type ReportName } from '#core/report/names';
import type { ReportStore } from './data-api-reports.ts';

/** The report of this quarter is being made: it is this execution. */
export interface StartedReport {
  readonly order: ReportOrder;
  readonly execution: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** False: it was being made already, for whoever asked first. */
  readonly started: boolean;
}

export type ExecutionState =
  | { readonly state: 'running' | 'succeeded' }
  /** `cause`: what the step that failed said. */
  | { readonly state: 'failed'; readonly cause: string };

/** The state machine that makes quarterly reports. */
export const sfnReports = (stateMachineArn: string, client = new SFNClient({})) => {
  const executionOf = (report: ReportName): string =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${executionName(report)}`;
  const describe = (execution: string) => client.send(new DescribeExecutionCommand({ executionArn: execution }));
  /** An execution that was stopped, or that nobody knows any more, leaves its report on record as running. */
  const isRunning = async (report: ReportName): Promise<boolean> => {
    try {
      return (await describe(executionOf(report))).status === 'RUNNING';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  };

  return {
    isRunning,

    /**
     * Has the next revision of a report made, unless it is being made. Two that ask at once get the same execution,
     * because its name follows from the report.
     */
    start: async (
      reports: Pick<ReportStore, 'newest'>,
      { facility, year, quarter }: ReportRequest,
      startedBy: string,
    ): Promise<StartedReport> => {
      const newest = await reports.newest(facility, year, quarter);
      const goesOn = newest?.state === 'running' && (await isRunning(newest));
      let revision = newest ? newest.revision + (goesOn ? 0 : 1) : 1;
      // A name is taken for 90 days, also by an execution that has left nothing behind.
      for (; ; revision++) {
        const order = { facility, year, quarter, revision, startedBy };
        const execution = executionOf(order);
        try {
          const input = JSON.stringify(order);
          const { startDate } = await client.send(
            new StartExecutionCommand({ stateMachineArn, name: executionName(order), input }),
          );
          return { order, execution, startedAt: startDate!.toISOString(), started: !goesOn };
        } catch (error) {
          if (!(error instanceof ExecutionAlreadyExists)) throw error;
        }
        const { status, startDate } = await describe(execution);
        if (status === 'RUNNING') return { order, execution, startedAt: startDate!.toISOString(), started: false };
      }
    },

    /** What became of an execution. Step Functions forgets one 90 days after its end. */
    stateOf: async (execution: string): Promise<ExecutionState> => {
      try {
        const { status, cause, error } = await describe(execution);
        if (status === 'RUNNING') return { state: 'running' };
        if (status === 'SUCCEEDED') return { state: 'succeeded' };
        return { state: 'failed', cause: cause ?? error ?? status ?? 'unknown' };
      } catch (error) {
        if (error instanceof ExecutionDoesNotExist)
          return { state: 'failed', cause: 'Step Functions does not know it' };
        throw error;
      }
    },
  };
};

export type ReportMachine = ReturnType<typeof sfnReports>;
