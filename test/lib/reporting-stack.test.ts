import { describe, expect, it } from 'vitest';
import { readDefinition } from '../../local/services/step-functions/definition.ts';
import { synthesised } from './stacks.ts';
import { list, type Properties, type Statement, text } from './template.ts';

const app = synthesised({ profile: 'medium' });
const reporting = app.resources.filter(({ stack }) => stack === 'EmissionWatch-Reporting');
const only = (type: string, id = '') => {
  const found = reporting.filter((one) => one.Type === type && one.id.startsWith(id));
  if (found.length !== 1) throw new Error(`expected one ${type} ${id}, found ${found.length}`);
  return found[0]!;
};

interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Retry?: readonly Properties[];
  readonly Catch?: readonly Properties[];
  readonly Parameters: { readonly FunctionName: string; readonly Payload: Properties };
  readonly ItemProcessor?: { readonly StartAt: string; readonly States: Record<string, State> };
  readonly MaxConcurrency?: number;
  readonly TimeoutSeconds?: number;
}

const machine = only('AWS::StepFunctions::StateMachine').Properties;
const definitionText = text(machine.DefinitionString).replace(/\$\{AWS::Partition\}/g, 'aws');
const definition = JSON.parse(definitionText) as {
  readonly StartAt: string;
  readonly States: Record<string, State>;
  readonly TimeoutSeconds: number;
};
const { Plan, IsAnythingStored, NothingToReport, CollectSources, Render, Archive, MarkFailed, Failed } =
  definition.States as Record<string, State>;
const { Collect } = CollectSources!.ItemProcessor!.States as Record<string, State>;
const tasks = [Plan!, Collect!, Render!, Archive!, MarkFailed!];

const rights = (id: string) =>
  reporting
    .filter((one) => one.Type === 'AWS::IAM::Policy' && one.id.startsWith(id))
    .flatMap(({ Properties: { PolicyDocument } }) => (PolicyDocument as { Statement: Statement[] }).Statement)
    .flatMap(({ Action, Resource }) => list(Action).map((action) => [action, ...list(Resource).map(text)]));

describe('the state machine of quarterly reports', () => {
  it('plans, collects each source, renders and archives, in that order', () => {
    expect(definition.StartAt).toBe('Plan');
    expect([Plan!.Next, IsAnythingStored!.Default, CollectSources!.Next, Render!.Next, Archive!.End]).toEqual([
      'IsAnythingStored',
      'CollectSources',
      'Render',
      'Archive',
      true,
    ]);
    expect(tasks.map(({ Parameters }) => Parameters.Payload.step)).toEqual([
      'plan',
      'collect',
      'render',
      'archive',
      'fail',
    ]);
  });

  it('has a name by which others start it, runs once what it is started for, and is kept to six hours', () => {
    expect(machine.StateMachineName).toBe('EmissionWatch-QuarterlyReport');
    expect(machine.StateMachineType ?? 'STANDARD').toBe('STANDARD');
    expect(definition.TimeoutSeconds).toBe(6 * 3600);
  });

  it('tells each step of the execution what stays the same when it is tried again', () => {
    for (const { Parameters } of tasks)
      expect(Parameters.Payload).toMatchObject({
        'order.$': '$$.Execution.Input',
        'execution.$': '$$.Execution.Id',
        'startedAt.$': '$$.Execution.StartTime',
      });
  });

  it('works on no more sources at a time than the function has invocations reserved', () => {
    const { ReservedConcurrentExecutions } = only('AWS::Lambda::Function', 'ReportQuarter').Properties;
    expect([CollectSources!.MaxConcurrency, ReservedConcurrentExecutions]).toEqual([4, 4]);
  });

  it('waits longer for a step than the function may take', () => {
    const { Timeout } = only('AWS::Lambda::Function', 'ReportQuarter').Properties;
    for (const { TimeoutSeconds } of tasks) expect(TimeoutSeconds).toBeGreaterThan(Timeout as number);
  });

  it('marks the report failed when a step has failed for good, and fails itself with the same reason', () => {
    const toMark = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'MarkFailed' }];
    for (const state of [Plan, CollectSources, Render, Archive]) expect(state!.Catch).toEqual(toMark);
    expect([MarkFailed!.Next, MarkFailed!.Parameters.Payload['error.$']]).toEqual(['Failed', '$.error']);
    expect(MarkFailed!.Catch).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: 'Failed' }]);
    expect(Failed).toMatchObject({ Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' });
  });

  it('ends in order, and counts as no failure, where nothing is stored that a report could be made from', () => {
    expect(IsAnythingStored).toMatchObject({
      Type: 'Choice',
      Choices: [{ Variable: '$.nothing', IsPresent: true, Next: 'NothingToReport' }],
    });
    expect(NothingToReport).toEqual({ Type: 'Succeed' });
  });

  it('does not try again what would come out the same, and is patient while all invocations are taken', () => {
    for (const { Retry } of tasks) {
      const [settled, throttled] = Retry!;
      expect(settled).toMatchObject({ ErrorEquals: ['NothingToReportError', 'NotArchivedError'], MaxAttempts: 0 });
      expect(throttled).toMatchObject({ ErrorEquals: ['Lambda.TooManyRequestsException'], MaxDelaySeconds: 60 });
      expect(throttled!.MaxAttempts).toBeGreaterThanOrEqual(definition.TimeoutSeconds / 60);
    }
  });

  it('can be run by the local cloud as it is', () => {
    expect(
      readDefinition(definitionText)
        .tasks.map(({ name }) => name)
        .sort(),
    ).toEqual(['Archive', 'Collect', 'MarkFailed', 'Plan', 'Render']);
  });
});

describe('who may do what to reports', () => {
  it('the state machine may run the steps by their alias, and nothing else in our name', () => {
    expect(rights('QuarterlyReportRole')).toEqual([
      ['lambda:InvokeFunction', expect.stringMatching(/^\$\{ReportQuarterLive\w+\}$/)],
    ]);
    for (const { Parameters } of tasks) expect(Parameters.FunctionName).toMatch(/^\$\{ReportQuarterLive\w+\}$/);
  });

  it('only Step Functions for this one state machine may act as its role', () => {
    const { AssumeRolePolicyDocument } = only('AWS::IAM::Role', 'QuarterlyReportRole').Properties;
    const [trust] = (AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
    expect(trust!.Principal).toEqual({ Service: 'states.amazonaws.com' });
    const { ArnEquals } = trust!.Condition as { ArnEquals: Record<string, unknown> };
    expect(text(ArnEquals['aws:SourceArn'])).toMatch(/:stateMachine:EmissionWatch-QuarterlyReport$/);
  });

  it('the steps add to the archive and look at what they added; they delete nothing and unlock nothing', () => {
    const s3 = rights('ReportQuarterRole').filter(([action]) => action!.startsWith('s3:'));
    expect(s3.map(([action, resource]) => [action, resource!.replace(/^.*:::\$\{(\w+?)[0-9A-F]{8}\}/, '$1')])).toEqual([
      ['s3:GetObject', 'ReportsBucket/reports/*'],
      ['s3:GetObjectRetention', 'ReportsBucket/reports/*'],
      ['s3:PutObject', 'ReportsBucket/reports/*'],
      ['s3:GetObject', 'ReportsWork/work/*'],
      ['s3:PutObject', 'ReportsWork/work/*'],
    ]);
    expect(JSON.stringify(reporting)).not.toMatch(/s3:(Delete|PutObjectRetention|Bypass|PutObjectLegalHold|\*)/);
  });

  it('the daily start has reports made and sees what became of them, and writes to no bucket', () => {
    const may = rights('StartReportsRole').map(([action]) => action!);
    expect(may).toEqual(expect.arrayContaining(['states:StartExecution', 'states:DescribeExecution']));
    expect(may.filter((action) => action.startsWith('s3:'))).toEqual([]);
  });
});

describe('reports are started without anybody asking', () => {
  it('once a day, by one invocation at a time', () => {
    expect(only('AWS::Scheduler::Schedule').Properties.ScheduleExpression).toBe('rate(1 day)');
    expect(only('AWS::Lambda::Function', 'StartReports').Properties.ReservedConcurrentExecutions).toBe(1);
  });
});

describe('what a report is held for', () => {
  it('the function is told the days for which the archive holds an object', () => {
    const days = (context: Properties) => {
      const { resources } = synthesised(context);
      const bucket = resources.find(({ id }) => /^ReportsBucket[0-9A-F]{8}$/.test(id))!;
      const { Rule } = bucket.Properties.ObjectLockConfiguration as { Rule: { DefaultRetention: Properties } };
      const steps = resources.find(({ id }) => id.startsWith('ReportQuarterFunction'))!;
      const { Variables } = steps.Properties.Environment as { Variables: Properties };
      return [Rule.DefaultRetention.Mode, Rule.DefaultRetention.Days, Variables.RETENTION_DAYS];
    };
    expect(days({})).toEqual(['COMPLIANCE', 2557, '2557']);
    expect(days({ objectLock: 'governance-1d' })).toEqual(['GOVERNANCE', 1, '1']);
  });
});
