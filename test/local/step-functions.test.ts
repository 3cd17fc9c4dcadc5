import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../local/services/iam/create-guard.ts';
import { type Guard, type Issuer, openGuard } from '../../local/services/iam/guard.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { type ExecutionEvent, startStepFunctions } from '../../local/services/step-functions.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const ROLE = 'arn:aws:iam::000000000000:role/machine';
const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:Report';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:report:live';

const task = (step: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: {
    FunctionName: FUNCTION,
    Payload: {
      step,
      'order.$': '$$.Execution.Input',
      'execution.$': '$$.Execution.Id',
      'startedAt.$': '$$.Execution.StartTime',
      'input.$': '$',
    },
  },
  OutputPath: '$.Payload',
  Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' }],
  ...more,
});
const orFail = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'MarkFailed' }] };

/** Plan, collect each source, render; a failure is marked. The shape of the machine of quarterly reports. */
const DEFINITION = {
  StartAt: 'Plan',
  States: {
    Plan: task('plan', { Next: 'Collect', ...orFail }),
    Collect: {
      Type: 'Map',
      ItemsPath: '$.sources',
      ItemSelector: { 'source.$': '$$.Map.Item.Value' },
      MaxConcurrency: 2,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'CollectOne',
        States: { CollectOne: task('collect', { End: true }) },
      },
      ResultPath: '$.collected',
      ...orFail,
      Next: 'Render',
    },
    Render: task('render', { End: true, ...orFail }),
    MarkFailed: task('fail', { OutputPath: undefined, ResultPath: null, Next: 'Failed' }),
    Failed: { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
  },
  TimeoutSeconds: 3600,
};

interface Step {
  readonly step: string;
  readonly order: unknown;
  readonly execution: string;
  readonly startedAt: string;
  readonly input: { readonly source?: string; readonly sources?: string[]; readonly collected?: unknown };
}
type Answer = (step: Step, earlier: readonly Step[]) => unknown;

/** What a function threw, or 'throttled'. */
const failure = (errorType: string, errorMessage = 'it went wrong') => ({ failure: { errorType, errorMessage } });

const answers: Answer = ({ step, input }) => {
  if (step === 'plan') return { sources: ['1', '2', '3'] };
  return step === 'collect' ? { source: input.source, hours: 2160 } : { rendered: input.collected };
};

const open = async (
  options: {
    readonly definition?: object;
    readonly answer?: Answer;
    readonly guard?: Guard & Issuer;
    readonly dataDir?: string;
    readonly hold?: Promise<void>;
    readonly logs?: { readonly withData: boolean };
    readonly append?: (file: string, line: string) => void;
  } = {},
) => {
  const { definition = DEFINITION, answer = answers, guard = openGuard, dataDir = temporaryFolder(), hold } = options;
  const steps: Step[] = [];
  let most = 0;
  let now = 0;
  const lambda = {
    invoke: async (name: string, event: string): Promise<InvocationResult> => {
      expect(name).toBe(FUNCTION);
      now++;
      most = Math.max(most, now);
      const step = JSON.parse(event) as Step;
      const answered = answer(step, [...steps]);
      steps.push(step);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await hold;
      now--;
      const requestId = String(steps.length);
      if (answered === 'throttled') return { outcome: 'throttled', requestId };
      const { failure: fault } = (answered ?? {}) as { failure?: { errorType: string; errorMessage: string } };
      return fault
        ? { outcome: 'failed', fault, requestId }
        : { outcome: 'returned', text: JSON.stringify(answered ?? null), requestId };
    },
  };
  const events: ExecutionEvent[] = [];
  const said: string[] = [];
  const { logs = { withData: true } } = options;
  const machines = [
    { name: 'Report', arn: MACHINE, roleArn: ROLE, definition: JSON.stringify(definition), logs, traced: true },
  ];
  const stepFunctions = await startStepFunctions({
    dataDir,
    machines,
    lambda,
    guard,
    log: (line) => void said.push(line),
    onExecution: (event) => void events.push(event),
    retryAfterMs: 1,
    ...(options.append && { append: options.append }),
  });
  afterTest(stepFunctions.stop);
  const credentials = guard.credentialsOf(ROLE);
  const client = new SFNClient({ endpoint: stepFunctions.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  afterTest(() => client.destroy());
  const start = async (name = '6705-2018-Q1-r1', input: object = { facility: '6705' }) => {
    const order = { stateMachineArn: MACHINE, name, input: JSON.stringify(input) };
    return (await client.send(new StartExecutionCommand(order))).executionArn!;
  };
  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));
  const ended = async (arn: string) => {
    await eventually(async () => (await describe(arn)).status !== 'RUNNING');
    return describe(arn);
  };
  return { stepFunctions, client, start, ended, describe, steps, events, said, dataDir, most: () => most };
};

describe('Step Functions: an execution', () => {
  it('runs its steps in order, the items of a Map at most so many at a time, and says what came of it', async () => {
    const { start, ended, steps, most, events } = await open();
    const arn = await start();
    const execution = await ended(arn);
    expect(arn).toBe('arn:aws:states:us-east-1:000000000000:execution:Report:6705-2018-Q1-r1');
    expect(steps.map(({ step, input }) => input.source ?? step)).toEqual(['plan', '1', '2', '3', 'render']);
    expect(most()).toBe(2);
    const collected = ['1', '2', '3'].map((source) => ({ source, hours: 2160 }));
    expect(execution).toMatchObject({ status: 'SUCCEEDED', name: '6705-2018-Q1-r1', input: '{"facility":"6705"}' });
    expect(JSON.parse(execution.output!)).toEqual({ rendered: collected });
    expect(events).toEqual([
      { stateMachineArn: MACHINE, kind: 'started' },
      { stateMachineArn: MACHINE, kind: 'succeeded', time: expect.any(Number) },
    ]);
  });

  it('tells every step, also an item of a Map, what the execution was started with, and when', async () => {
    const { start, ended, steps } = await open();
    const { startDate, executionArn } = await ended(await start());
    const told = { order: { facility: '6705' }, execution: executionArn, startedAt: startDate!.toISOString() };
    expect(steps).toHaveLength(5);
    for (const step of steps) expect(step).toMatchObject(told);
  });

  it('is started once under one name: again while it runs it is the same, later or with another input it is refused', async () => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { start, ended, steps } = await open({ hold });
    const arn = await start();
    expect(await start()).toBe(arn);
    await expect(start('6705-2018-Q1-r1', { facility: '3' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    release();
    await ended(arn);
    await expect(start()).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(steps).toHaveLength(5);
  });

  it('is listed with the others, the newest first, in pages', async () => {
    const { start, ended, client } = await open();
    for (const name of ['one', 'two', 'three']) await ended(await start(name));
    const list = (more: object) => client.send(new ListExecutionsCommand({ stateMachineArn: MACHINE, ...more }));
    const first = await list({ maxResults: 2 });
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    const names = [...first.executions!, ...second.executions!].map(({ name }) => name);
    expect([names, second.nextToken]).toEqual([['three', 'two', 'one'], undefined]);
    expect((await list({ statusFilter: 'FAILED' })).executions).toEqual([]);
  });

  it('leaves a log of its events, without data when data are to stay out', async () => {
    const log = ({ dataDir }: { dataDir: string }) => readFileSync(join(dataDir, 'logs', 'Report.log'), 'utf8');
    const open1 = await open();
    await open1.ended(await open1.start());
    const lines = log(open1)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ execution: '6705-2018-Q1-r1', type: 'ExecutionStarted' });
    expect(lines.at(-1)).toMatchObject({ type: 'ExecutionSucceeded' });
    const open2 = await open({ logs: { withData: false } });
    await open2.ended(await open2.start());
    expect(log(open2)).toContain('"StateExited"');
    expect(log(open2)).not.toContain('hours');
    expect(log(open2)).not.toContain('6705"');
  });
});

describe('Step Functions: a choice', () => {
  const definition = {
    ...DEFINITION,
    States: {
      ...DEFINITION.States,
      Plan: task('plan', { Next: 'Is', ...orFail }),
      Is: {
        Type: 'Choice',
        Choices: [{ Variable: '$.nothing', IsPresent: true, Next: 'Nothing' }],
        Default: 'Collect',
      },
      Nothing: { Type: 'Succeed' },
    },
  };

  it('goes the way of what is there, and hands on what it was given', async () => {
    const { start, ended, steps, events } = await open({ definition, answer: () => ({ nothing: 'no hour' }) });
    const { status, output } = await ended(await start());
    expect([status, output, steps.length]).toEqual(['SUCCEEDED', '{"nothing":"no hour"}', 1]);
    expect(events.at(-1)).toMatchObject({ kind: 'succeeded' });
  });

  it('goes on by default where it is not there', async () => {
    const { start, ended, steps } = await open({ definition });
    expect((await ended(await start())).status).toBe('SUCCEEDED');
    expect(steps.map(({ step }) => step)).toEqual(['plan', 'collect', 'collect', 'collect', 'render']);
  });
});

describe('Step Functions: what goes wrong', () => {
  const failing =
    (failingStep: string, times = Number.POSITIVE_INFINITY): Answer =>
    (step, earlier) => {
      const before = earlier.filter((one) => one.step === failingStep).length;
      return step.step === failingStep && before < times ? failure('Error', 'no hours') : answers(step, earlier);
    };

  it('a step that fails is tried again, three times', async () => {
    const { start, ended, steps } = await open({ answer: failing('render', 3) });
    expect((await ended(await start())).status).toBe('SUCCEEDED');
    expect(steps.filter(({ step }) => step === 'render')).toHaveLength(4);
  });

  it.each(['plan', 'collect', 'render'])(
    'when %s fails for good it is marked, and the execution fails with the reason',
    async (step) => {
      const { start, ended, steps, events } = await open({ answer: failing(step) });
      const { status, error, cause } = await ended(await start());
      expect([status, error]).toEqual(['FAILED', 'Error']);
      expect(JSON.parse(cause!)).toEqual({ errorType: 'Error', errorMessage: 'no hours' });
      expect(steps.at(-1)).toMatchObject({ step: 'fail', input: { error: { Error: 'Error', Cause: cause } } });
      expect(events.at(-1)).toMatchObject({ kind: 'failed' });
    },
  );

  it('items of a Map that wait for their turn are not begun with any more when one has failed', async () => {
    const sources = Array.from({ length: 50 }, (_, at) => String(at));
    const { start, ended, steps } = await open({
      answer: (step, earlier) => (step.step === 'plan' ? { sources } : failing('collect')(step, earlier)),
    });
    await ended(await start());
    // Two at a time, each four times.
    expect(steps.filter(({ step }) => step === 'collect').length).toBeLessThanOrEqual(8);
  });

  it('a function that runs as often as it may is waited for as its retrier says', async () => {
    const Retry = [{ ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 1000, MaxDelaySeconds: 60 }];
    const Render = task('render', { End: true, Retry });
    const { start, ended, steps } = await open({
      definition: { ...DEFINITION, States: { ...DEFINITION.States, Render } },
      answer: (step, earlier) => (step.step === 'render' && earlier.length < 24 ? 'throttled' : answers(step, earlier)),
    });
    expect((await ended(await start())).status).toBe('SUCCEEDED');
    expect(steps).toHaveLength(25);
  });

  it('more than 256 KB between two states end it, whatever is caught', async () => {
    const { start, ended, steps } = await open({
      answer: (step, earlier) => (step.step === 'plan' ? { sources: ['x'.repeat(300_000)] } : answers(step, earlier)),
    });
    const { status, error } = await ended(await start());
    expect([status, error]).toEqual(['FAILED', 'States.DataLimitExceeded']);
    expect(steps).toHaveLength(1);
  });

  it('one that takes longer than it may is ended as timed out', async () => {
    const { start, ended, events } = await open({
      definition: { ...DEFINITION, TimeoutSeconds: 1 },
      hold: new Promise(() => {}),
    });
    expect((await ended(await start())).status).toBe('TIMED_OUT');
    expect(events.at(-1)).toMatchObject({ kind: 'timed-out' });
  });

  it('one that somebody stops begins with nothing more', async () => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { start, client, describe, steps, stepFunctions, events } = await open({ hold });
    const executionArn = await start();
    await eventually(() => steps.length === 1);
    await client.send(new StopExecutionCommand({ executionArn, error: 'Wrong', cause: 'the wrong quarter' }));
    release();
    await eventually(() => stepFunctions.running === 0);
    const stopped = { status: 'ABORTED', error: 'Wrong', cause: 'the wrong quarter' };
    expect(await describe(executionArn)).toMatchObject(stopped);
    expect(steps).toHaveLength(1);
    expect(events.filter(({ kind }) => kind !== 'started')).toMatchObject([{ kind: 'aborted' }]);
  });

  it.each([
    ['a name with a colon', { name: 'a:b' }, 'InvalidName'],
    ['an input that is no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['a machine that does not exist', { stateMachineArn: `${MACHINE}s` }, 'StateMachineDoesNotExist'],
  ])('%s is refused as AWS does', async (_, wrong, name) => {
    const { client } = await open();
    const refused = client.send(new StartExecutionCommand({ stateMachineArn: MACHINE, ...wrong }));
    await expect(refused).rejects.toMatchObject({ name });
  });
});

describe('Step Functions: the disk is full', () => {
  const diskFull = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };

  it('what cannot be put on record is not started', async () => {
    const { start, steps } = await open({ append: diskFull });
    await expect(start()).rejects.toThrow();
    expect(steps).toEqual([]);
  });

  it('one that ends meanwhile has ended, and is made again after the next start', async () => {
    let room = true;
    const append = (file: string, line: string) => (room ? appendFileSync(file, line) : diskFull());
    const one = await open({
      append,
      answer: (step, earlier) => {
        room = false;
        return answers(step, earlier);
      },
    });
    const arn = await one.start();
    expect((await one.ended(arn)).status).toBe('SUCCEEDED');
    expect(one.said).toEqual([expect.stringMatching(/^the record of executions cannot be written.*disk is full/)]);
    await one.stepFunctions.stop();
    const two = await open({ dataDir: one.dataDir });
    two.stepFunctions.resume();
    expect((await two.ended(arn)).status).toBe('SUCCEEDED');
  });
});

describe('Step Functions: the cloud stops and starts', () => {
  it('an execution that was under way is made again from its first state, as the same one', async () => {
    const one = await open({ hold: new Promise(() => {}) });
    const arn = await one.start();
    const { startDate } = await one.describe(arn);
    await eventually(() => one.steps.length === 1);
    await one.stepFunctions.interrupt();
    await one.stepFunctions.stop();
    expect(one.events.map(({ kind }) => kind)).toEqual(['started']);

    const two = await open({ dataDir: one.dataDir });
    expect((await two.describe(arn)).status).toBe('RUNNING');
    two.stepFunctions.resume();
    expect(await two.ended(arn)).toMatchObject({ status: 'SUCCEEDED', startDate });
    expect(two.said).toEqual([expect.stringContaining('6705-2018-Q1-r1 was interrupted, and is made again')]);
    expect(new Set(two.steps.map(({ startedAt }) => startedAt))).toEqual(new Set([startDate!.toISOString()]));
  });

  it('one that has ended meanwhile is left as it is', async () => {
    const one = await open();
    const arn = await one.start();
    const before = await one.ended(arn);
    await one.stepFunctions.stop();
    const two = await open({ dataDir: one.dataDir });
    two.stepFunctions.resume();
    expect(two.stepFunctions.running).toBe(0);
    expect(await two.describe(arn)).toMatchObject({ status: 'SUCCEEDED', stopDate: before.stopDate });
  });

  it('one whose time has passed meanwhile is timed out', async () => {
    const one = await open({ hold: new Promise(() => {}), definition: { ...DEFINITION, TimeoutSeconds: 3600 } });
    const arn = await one.start();
    await one.stepFunctions.stop();
    const file = join(one.dataDir, 'step-functions', 'executions.jsonl');
    const [line] = readFileSync(file, 'utf8').split('\n');
    appendFileSync(file, `${JSON.stringify({ ...JSON.parse(line!), started: Date.now() - 3_600_001 })}\n{"torn":`);
    const two = await open({ dataDir: one.dataDir });
    two.stepFunctions.resume();
    expect((await two.ended(arn)).status).toBe('TIMED_OUT');
    expect(two.steps).toEqual([]);
  });
});

describe('Step Functions: a definition', () => {
  const collect = DEFINITION.States.Collect;
  const withState = (name: string, state: object) => ({
    ...DEFINITION,
    States: { ...DEFINITION.States, [name]: state },
  });

  it.each<[string, object, RegExp]>([
    ['JSONata', { ...DEFINITION, QueryLanguage: 'JSONata' }, /QueryLanguage: JSONata is not served/],
    [
      'JSONata in one state',
      withState('Plan', task('plan', { QueryLanguage: 'JSONata', Next: 'Collect' })),
      /States\.Plan: .*QueryLanguage/,
    ],
    ['ItemReader', withState('Collect', { ...collect, ItemReader: {} }), /States\.Collect: .*ItemReader/],
    [
      'ItemBatcher',
      withState('Collect', { ...collect, ItemBatcher: { MaxItemsPerBatch: 5 } }),
      /States\.Collect: .*ItemBatcher/,
    ],
    [
      'ToleratedFailurePercentage',
      withState('Collect', { ...collect, ToleratedFailurePercentage: 5 }),
      /ToleratedFailurePercentage/,
    ],
    [
      'a Map of child executions',
      withState('Collect', {
        ...collect,
        ItemProcessor: { ...collect.ItemProcessor, ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      }),
      /ProcessorConfig\.Mode/,
    ],
    ['a Map without a limit', withState('Collect', { ...collect, MaxConcurrency: 0 }), /Collect\.MaxConcurrency/],
    [
      'WaitForTaskToken',
      withState('Plan', task('plan', { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken', Next: 'Collect' })),
      /Plan\.Resource: .*waitForTaskToken is not served/,
    ],
    [
      'a task token',
      withState(
        'Plan',
        task('plan', {
          Parameters: { FunctionName: FUNCTION, Payload: { 'token.$': '$$.Task.Token' } },
          Next: 'Collect',
        }),
      ),
      /token\.\$: \$\$\.Task\.Token is not served/,
    ],
    [
      'another service',
      withState('Plan', task('plan', { Resource: 'arn:aws:states:::sns:publish', Next: 'Collect' })),
      /sns:publish is not served/,
    ],
    ['a heartbeat', withState('Plan', task('plan', { HeartbeatSeconds: 5, Next: 'Collect' })), /HeartbeatSeconds/],
    [
      'a state of another type',
      withState('Plan', { Type: 'Wait', Seconds: 5, Next: 'Collect' }),
      /States\.Plan.*Wait is not served/,
    ],
    [
      'a filter in a path',
      withState('Plan', task('plan', { OutputPath: '$..book[?(@.a)]', Next: 'Collect' })),
      /Plan\.OutputPath: only plain paths/,
    ],
    [
      'an intrinsic function',
      withState('Plan', task('plan', { ResultSelector: { 'id.$': 'States.UUID()' }, Next: 'Collect' })),
      /id\.\$: States\.UUID\(\) is not served/,
    ],
    ['the same name twice', withState('CollectOne', { Type: 'Succeed' }), /two states are named CollectOne/],
    ['a field that nobody knows', { ...DEFINITION, Retries: 3 }, /Retries/],
    ['a state that does not exist', withState('Render', task('render', { Next: 'Nowhere' })), /Nowhere/],
  ])('with %s is refused by name at the start', async (_, definition, message) => {
    await expect(open({ definition })).rejects.toThrow(message);
    await expect(open({ definition })).rejects.toThrow(/state machine Report cannot run in the local cloud/);
  });
});

describe('Step Functions: who may', () => {
  const OPERATOR = 'arn:aws:iam::000000000000:role/operator';
  const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const allow = (Action: string | string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource });
  const OBSERVE = ['logs:*', 'xray:*'];
  const guardFor = (machineMay: readonly object[], machine = MACHINE) =>
    createGuard({
      account: '000000000000',
      policies: {
        roles: [
          {
            arn: ROLE,
            trust: {
              name: 'App/Role',
              kind: 'trust',
              document: document({
                Effect: 'Allow',
                Principal: { Service: 'states.amazonaws.com' },
                Action: 'sts:AssumeRole',
                Condition: { ArnEquals: { 'aws:SourceArn': machine } },
              }),
            },
          },
        ],
        identity: [
          {
            holder: ROLE,
            policy: {
              name: 'App/Policy',
              kind: 'identity',
              document: document(...machineMay, allow(['states:StartExecution', 'states:DescribeExecution'])),
            },
          },
          { holder: OPERATOR, policy: { name: 'App/Operator', kind: 'identity', document: document(allow('sns:*')) } },
        ],
        resource: [],
      },
    });

  it('the machine invokes only what its role may', async () => {
    const may = [allow(OBSERVE), allow('lambda:InvokeFunction', FUNCTION)];
    const one = await open({ guard: guardFor(may) });
    expect((await one.ended(await one.start())).status).toBe('SUCCEEDED');
    const two = await open({ guard: guardFor([allow(OBSERVE)]) });
    const { status, error } = await two.ended(await two.start());
    expect([status, error]).toEqual(['FAILED', 'Lambda.AWSLambdaException']);
    expect(two.steps).toEqual([]);
  });

  it('a machine whose role it may not take on, or may not deliver its log, is refused at the start', async () => {
    const other = guardFor([allow(OBSERVE)], MACHINE.replace('Report', 'Other'));
    await expect(open({ guard: other })).rejects.toThrow(/sts:AssumeRole/);
    await expect(open({ guard: guardFor([allow('xray:*')]) })).rejects.toThrow(/logs:CreateLogDelivery/);
    await expect(open({ guard: guardFor([allow('logs:*')]) })).rejects.toThrow(/xray:PutTraceSegments/);
  });

  it('nobody starts, lists or stops an execution without permission', async () => {
    const guard = guardFor([allow(OBSERVE), allow('lambda:InvokeFunction', FUNCTION)]);
    const { stepFunctions, start, ended } = await open({ guard });
    const executionArn = await start();
    await ended(executionArn);
    const credentials = guard.credentialsOf(OPERATOR);
    const client = new SFNClient({ endpoint: stepFunctions.endpoint, region: 'us-east-1', credentials });
    afterTest(() => client.destroy());
    for (const send of [
      () => client.send(new StartExecutionCommand({ stateMachineArn: MACHINE })),
      () => client.send(new DescribeExecutionCommand({ executionArn })),
      () => client.send(new ListExecutionsCommand({ stateMachineArn: MACHINE })),
      () => client.send(new StopExecutionCommand({ executionArn })),
    ])
      await expect(send()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
