import type { Guard, Principal } from '../iam/guard.ts';
import { type Definition, readDefinition } from './definition.ts';

export interface StateMachineDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** Amazon States Language, as JSON. */
  readonly definition: string;
  /** Its executions are logged. */
  readonly logs?: { readonly withData: boolean };
  readonly traced: boolean;
}

export interface Machine extends StateMachineDefinition {
  readonly states: Definition;
  /** In whose name tasks are run. */
  readonly principal: Principal;
}

const LOGGING = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
];
const TRACING = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];

/**
 * @throws Error as a deployment would fail, when Step Functions may not take the role on or the role may not deliver
 * logs and traces; and for a definition that does not run here
 */
export const openMachine = (definition: StateMachineDefinition, guard: Guard): Machine => {
  const { name, arn, roleArn, logs, traced } = definition;
  try {
    const principal = guard.role(roleArn, { service: 'states.amazonaws.com', sourceArn: arn });
    for (const action of [...(logs ? LOGGING : []), ...(traced ? TRACING : [])]) guard.check(principal, action, '*');
    return { ...definition, principal, states: readDefinition(definition.definition) };
  } catch (cause) {
    throw new Error(`state machine ${name} cannot run in the local cloud: ${(cause as Error).message}`, { cause });
  }
};
