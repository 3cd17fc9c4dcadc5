import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IAlias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  JitterType,
  JsonPath,
  LogLevel,
  Map as MapState,
  StateMachine,
  Succeed,
  TaskInput,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct, type IConstruct } from 'constructs';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';
import { unboundedPolicy } from './unbounded-policy.ts';

/** A fixed name, so that whoever may start it need not depend on its stack. */
export const QUARTERLY_REPORT = 'EmissionWatch-QuarterlyReport';

export const quarterlyReportArn = (scope: Construct): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: QUARTERLY_REPORT,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/** To have a report made, and to see what becomes of it. The holder's acknowledgement: `acknowledgeExecutions`. */
export const startingReports = (scope: Construct): PolicyStatement[] => {
  const machine = quarterlyReportArn(scope);
  const executions = `${machine.replace(':stateMachine:', ':execution:')}:*`;
  return [
    new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine] }),
    new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
  ];
};

/** On whoever has the policy that says so. */
export const acknowledgeExecutions = (holder: IConstruct): void => {
  const executions = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${QUARTERLY_REPORT}:*`;
  Validations.of(holder).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${executions}]`,
    reason: 'an execution is named by facility, quarter and revision when it is started; this allows to look at one',
  });
};

export interface ReportMachineProps {
  /** Runs every step. */
  readonly steps: IAlias;
  /** How many sources are worked on at a time, at most what is reserved for the function. */
  readonly atOnce: number;
  /** Longer than the function's own timeout. */
  readonly stepTimeout: Duration;
  readonly logKey: IKey;
}

/**
 * Makes one quarterly report: plan, collect each source, render, archive. A step that fails is tried again; when it
 * fails for good, the report is marked failed with the reason, and so is the execution. Where nothing is stored there is
 * no report, and the plan step has noted why; that is an answer, so that no alarm rings and no deployment is rolled back.
 */
export class ReportMachine extends Construct {
  readonly stateMachine: StateMachine;
  private readonly props: ReportMachineProps;

  constructor(scope: Construct, id: string, props: ReportMachineProps) {
    super(scope, id);
    this.props = props;
    this.stateMachine = new StateMachine(this, 'Machine', {
      stateMachineName: QUARTERLY_REPORT,
      definitionBody: DefinitionBody.fromChainable(this.steps()),
      // A step waits for its turn while every facility's report is made at once; in the end somebody must be told.
      timeout: Duration.hours(6),
      role: this.role().withoutPolicyUpdates(),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Log', { retention: RetentionDays.ONE_YEAR, encryptionKey: props.logKey }),
        level: LogLevel.ALL,
        includeExecutionData: true,
      },
    });
    this.stateMachine.node.addDependency(this.node.findChild('Role'));
  }

  private steps() {
    const failed = new Fail(this, 'Failed', {
      errorPath: JsonPath.stringAt('$.error.Error'),
      causePath: JsonPath.stringAt('$.error.Cause'),
    });
    const markFailed = this.step('MarkFailed', 'fail', { error: JsonPath.objectAt('$.error') }, JsonPath.DISCARD);
    markFailed.addCatch(failed, { resultPath: '$.unmarked' }).next(failed);
    const orFail = { resultPath: '$.error' };

    const collect = this.step('Collect', 'collect', { source: JsonPath.stringAt('$.source') });
    const collectAll = new MapState(this, 'CollectSources', {
      itemsPath: '$.sources',
      itemSelector: { source: JsonPath.stringAt('$$.Map.Item.Value') },
      maxConcurrency: this.props.atOnce,
      resultPath: '$.collected',
    });
    collectAll.itemProcessor(collect);
    const plan = this.step('Plan', 'plan');
    const render = this.step('Render', 'render', { collected: JsonPath.objectAt('$.collected') });
    const archive = this.step('Archive', 'archive', { rendered: JsonPath.objectAt('$') });
    for (const each of [plan, collectAll, render, archive]) each.addCatch(markFailed, orFail);
    collectAll.next(render).next(archive);
    return plan.next(
      new Choice(this, 'IsAnythingStored')
        .when(Condition.isPresent('$.nothing'), new Succeed(this, 'NothingToReport'))
        .otherwise(collectAll),
    );
  }

  /** Each is told of the execution what does not change when it is tried again. */
  private step(id: string, step: string, more: Record<string, unknown> = {}, resultPath?: string): TaskStateBase {
    const task = new LambdaInvoke(this, id, {
      lambdaFunction: this.props.steps,
      payload: TaskInput.fromObject({
        step,
        order: JsonPath.objectAt('$$.Execution.Input'),
        execution: JsonPath.stringAt('$$.Execution.Id'),
        startedAt: JsonPath.stringAt('$$.Execution.StartTime'),
        ...more,
      }),
      ...(resultPath === undefined ? { outputPath: '$.Payload' } : { resultPath }),
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(this.props.stepTimeout),
    });
    const backoff = { backoffRate: 2, jitterStrategy: JitterType.FULL };
    task.addRetry({ errors: NOT_WORTH_A_RETRY, maxAttempts: 0 });
    // At the end of a quarter the reports of all facilities wait for the same few invocations.
    task.addRetry({
      ...backoff,
      errors: ['Lambda.TooManyRequestsException'],
      interval: Duration.seconds(2),
      maxDelay: Duration.minutes(1),
      maxAttempts: 1000,
    });
    task.addRetry({ ...backoff, errors: ['States.ALL'], interval: Duration.seconds(2), maxAttempts: 3 });
    return task;
  }

  private role(): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: { 'aws:SourceArn': quarterlyReportArn(this) },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.props.steps.functionArn] }),
    );
    role.addManagedPolicy(unboundedPolicy(this, 'Observed', ...OBSERVED));
    acknowledgeOwnPolicy(role);
    return role;
  }
}

/** What report-quarter throws when the same would come of it again. */
const NOT_WORTH_A_RETRY = ['NothingToReportError', 'NotArchivedError'];

/** What Step Functions needs to deliver the log of a state machine, and to trace it. */
const OBSERVED = [
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
];
