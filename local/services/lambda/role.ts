import type { Guard, Principal } from '../iam/guard.ts';
import { type FunctionDefinition, logGroupOf, logStreamOf, titleOf } from './definition.ts';

const REGION = 'us-east-1';

/** What the role of a function lets Lambda do around its invocations. */
export interface FunctionRole {
  readonly principal: Principal;
  /** An instance starts. */
  begin(): void;
  /** May what an instance writes be kept? On AWS it is lost in silence; here it is told once. */
  mayLog(): boolean;
}

/**
 * @throws Error as a deployment would fail: when Lambda may not take the role on, or the role may not send the traces
 * that the function is set to send
 */
export const functionRole = (
  definition: FunctionDefinition,
  guard: Guard,
  say: (line: string) => void,
): FunctionRole => {
  const { name, role, arn, traced } = definition;
  const title = titleOf(definition);
  const account = arn.split(':')[4];
  const stream = `arn:aws:logs:${REGION}:${account}:log-group:${logGroupOf(definition)}:log-stream:${logStreamOf(definition)}`;
  const told = new Set<string>();

  const may = (principal: Principal, action: string, resource: string): boolean => {
    try {
      guard.check(principal, action, resource);
      return true;
    } catch (error) {
      if (!told.has(action)) say(`lambda: ${title}: ${(error as Error).message}`);
      told.add(action);
      return false;
    }
  };
  const atDeployment = <T>(what: string, attempt: () => T): T => {
    try {
      return attempt();
    } catch (cause) {
      throw new Error(`function ${title}: ${what}: ${(cause as Error).message}`, { cause });
    }
  };

  const principal = atDeployment('the role defined for the function cannot be assumed by Lambda', () =>
    guard.role(role, { service: 'lambda.amazonaws.com', session: name }),
  );
  if (traced) {
    atDeployment('the provided execution role does not have permissions to call PutTraceSegments on XRAY', () =>
      guard.check(principal, 'xray:PutTraceSegments', '*'),
    );
  }
  let hasStream = false;
  return {
    principal,
    begin: () => {
      hasStream = may(principal, 'logs:CreateLogStream', stream);
      // No traces are made here. On AWS a daemon beside the instance sends them and tells how that went.
      if (traced) may(principal, 'xray:PutTelemetryRecords', '*');
    },
    mayLog: () => hasStream && may(principal, 'logs:PutLogEvents', stream),
  };
};
