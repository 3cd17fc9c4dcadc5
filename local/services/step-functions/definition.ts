import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import * as z from 'zod';

/** Longest timer of Node, in whole days: a longer one would ring at once. */
const LONGEST_SECONDS = 24 * 86_400;
/** The engine would run no more at a time, whatever a definition says. */
const MOST_AT_ONCE = 40;

const path = z
  .string()
  .regex(/^\$(\.[A-Za-z_]\w*|\[\d+\])*$/, 'only plain paths such as $.a.b[0] are served, no filters and functions');
/** The engine would make a field named "$" out of the path of the whole. */
const resultPath = z
  .string()
  .regex(/^\$(\.[A-Za-z_]\w*)+$/, 'only null and plain paths such as $.result are served')
  .nullable();

const OF_EXECUTION = /^\$\$\.Execution\.(Id|Name|RoleArn|StartTime|Input(\.[A-Za-z_]\w*)*)$/;
const OF_ITEM = /^\$\$\.Map\.Item\.(Index|Value(\.[A-Za-z_]\w*)*)$/;

/** Refuses in a template what is neither a plain path nor one into the part of the context object that is served. */
const servedPaths =
  (...context: readonly RegExp[]) =>
  (value: unknown, { addIssue }: { readonly addIssue: (message: string) => void }): void => {
    for (const { key, text } of pathsIn(value)) {
      const served = path.safeParse(text).success || context.some((pattern) => pattern.test(text));
      if (!served) addIssue(`${key}: ${text} is not served, only plain paths and some of the context object`);
    }
  };
const template = (...context: readonly RegExp[]) => z.unknown().superRefine(servedPaths(...context));

/** Every `"key.$": "path"` in a template. */
const pathsIn = (value: unknown): { readonly key: string; readonly text: string }[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key.endsWith('.$') ? [{ key, text: String(inner) }] : pathsIn(inner),
  );
};

const errors = z.array(z.string()).min(1);
const retrier = z
  .strictObject({
    ErrorEquals: errors,
    IntervalSeconds: z.int().min(1).default(1),
    MaxAttempts: z.int().min(0).default(3),
    BackoffRate: z.number().min(1).default(2),
    MaxDelaySeconds: z.int().min(1).max(LONGEST_SECONDS).optional(),
    JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  })
  .refine(
    ({ IntervalSeconds, MaxAttempts, BackoffRate, MaxDelaySeconds }) =>
      MaxDelaySeconds !== undefined || IntervalSeconds * BackoffRate ** MaxAttempts <= LONGEST_SECONDS,
    'its pauses grow over 24 days: give it MaxDelaySeconds',
  );
const catcher = z.strictObject({ ErrorEquals: errors, Next: z.string(), ResultPath: resultPath.optional() });

const common = { Comment: z.string().optional(), InputPath: path.optional(), OutputPath: path.optional() };
const going = { Next: z.string().optional(), End: z.literal(true).optional(), ResultPath: resultPath.optional() };
const failing = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };

const task = z.strictObject({
  Type: z.literal('Task'),
  ...common,
  ...going,
  ...failing,
  Resource: z.literal('arn:aws:states:::lambda:invoke', {
    error: ({ input }) => `${input} is not served, only arn:aws:states:::lambda:invoke`,
  }),
  Parameters: z
    .strictObject({ FunctionName: z.string(), Payload: z.unknown(), 'Payload.$': z.string().optional() })
    .partial({ Payload: true })
    .superRefine(servedPaths(OF_EXECUTION)),
  ResultSelector: template().optional(),
  // Without one a Task waits for ever on AWS, and a minute in the engine.
  TimeoutSeconds: z.int().min(1).max(LONGEST_SECONDS).default(LONGEST_SECONDS),
});
const map = z.strictObject({
  Type: z.literal('Map'),
  ...common,
  ...going,
  ...failing,
  ItemsPath: path.optional(),
  ItemSelector: template(OF_EXECUTION, OF_ITEM).optional(),
  MaxConcurrency: z.int().min(1).max(MOST_AT_ONCE),
  ResultSelector: template().optional(),
  ItemProcessor: z.strictObject({
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
    StartAt: z.string(),
    get States() {
      return states;
    },
  }),
});
const pass = z.strictObject({
  Type: z.literal('Pass'),
  ...common,
  ...going,
  Parameters: template(OF_EXECUTION).optional(),
});
/** The one comparison that is served: that something is there. Of `false` the engine makes never. */
const choice = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  Choices: z.array(z.strictObject({ Variable: path, IsPresent: z.literal(true), Next: z.string() })).min(1),
  Default: z.string().optional(),
});
const succeed = z.strictObject({ Type: z.literal('Succeed'), ...common });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  Comment: z.string().optional(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  ErrorPath: path.optional(),
  CausePath: path.optional(),
});

const state = z.discriminatedUnion('Type', [task, map, pass, choice, succeed, fail], {
  error: ({ input }) => `a state of type ${(input as { Type?: unknown } | undefined)?.Type} is not served`,
});
const states: z.ZodRecord<z.ZodString, z.ZodType<z.output<typeof state>>> = z.record(z.string(), state);

const machine = z.strictObject({
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONPath', { error: ({ input }) => `${input} is not served, only JSONPath` }).optional(),
  Version: z.literal('1.0').optional(),
  StartAt: z.string(),
  States: states,
  TimeoutSeconds: z.int().min(1).max(LONGEST_SECONDS).optional(),
});

export interface Definition {
  /** For the engine. */
  readonly states: StateMachineDefinition;
  readonly timeoutSeconds?: number;
  /** Names of its Tasks, with that of the Map around each, if there is one. */
  readonly tasks: readonly { readonly name: string; readonly map?: string }[];
}

/**
 * A definition as the engine can run it. The engine leaves out in silence what it does not know; so everything that is
 * not known to work is refused here.
 *
 * @throws Error that names each state and field that is not served
 */
export const readDefinition = (text: string): Definition => {
  const parsed = machine.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the definition'}: ${message}`).join('; '),
    );
  const { TimeoutSeconds, ...definition } = parsed.data;
  const names = namesIn(definition);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new Error(`two states are named ${twice}`);
  const states = ofStart(definition);
  // Says which states lead nowhere, and which are never reached.
  new StateMachine(states);
  return {
    states,
    tasks: tasksIn(definition),
    ...(TimeoutSeconds !== undefined && { timeoutSeconds: TimeoutSeconds }),
  };
};

type Level = { readonly States: z.output<typeof states> };

const namesIn = ({ States }: Level): string[] =>
  Object.entries(States).flatMap(([name, one]) => [name, ...(one.Type === 'Map' ? namesIn(one.ItemProcessor) : [])]);

const tasksIn = ({ States }: Level, map?: string): { name: string; map?: string }[] =>
  Object.entries(States).flatMap(([name, one]) => {
    if (one.Type === 'Map') return tasksIn(one.ItemProcessor, name);
    return one.Type === 'Task' ? [{ name, ...(map !== undefined && { map }) }] : [];
  });

/**
 * The engine says in `$$.Execution` of a Map's item when that item was started, and with what. Under a name of its own
 * the item sees what the whole execution was started with, as on AWS.
 */
const ofStart = (definition: unknown): StateMachineDefinition =>
  JSON.parse(JSON.stringify(definition).replaceAll('"$$.Execution.', () => '"$$.Started.'));
