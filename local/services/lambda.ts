import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Guard, Issuer, Principal } from './iam/guard.ts';
import { concurrencyOf, type FunctionDefinition, instanceEnvironment, titleOf } from './lambda/definition.ts';
import { type FunctionLog, lines, openFunctionLog } from './lambda/function-log.ts';
import { type Answer, type Fault, type Instance, startInstance } from './lambda/instance.ts';
import { type FunctionRole, functionRole } from './lambda/role.ts';

/** Largest event and largest result of a synchronous invocation. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const IDLE_MS = 5 * 60_000;
const REPORT_EVERY_MS = 10_000;

export type InvocationResult = (Answer | { readonly outcome: 'throttled' }) & { readonly requestId: string };

export interface Lambda {
  /**
   * Invokes a function by name or ARN, of it or of one of its aliases or versions. What goes wrong in the function, and
   * AWS's TooManyRequestsException (`throttled`), are results; an unknown function is an error.
   */
  invoke(nameOrArn: string, event: string): Promise<InvocationResult>;
  /** Invocations under way. */
  readonly inFlight: number;
  /** The role that a function runs as, for what Lambda does in its name. */
  roleOf(nameOrArn: string): Principal;
  /** Short name of a function, for people. */
  titleOf(nameOrArn: string): string;
  /** Processes of a function's instances. */
  pids(nameOrArn: string): readonly number[];
  /** Ends every instance, also those at work. */
  stop(): Promise<void>;
}

export interface Invocation {
  readonly functionName: string;
  /** Name or ARN under which it was invoked, with its alias if with one. */
  readonly invoked: string;
  readonly outcome: InvocationResult['outcome'];
  /** 0 for one that was throttled. */
  readonly durationMs: number;
}

interface RunningFunction {
  readonly definition: FunctionDefinition;
  readonly role: FunctionRole;
  readonly log: FunctionLog;
  readonly instances: Set<Instance>;
  readonly idle: { readonly instance: Instance; readonly since: number }[];
  /** When its last failure was told. */
  reported: number;
}

/** `name`, `name:alias`, an ARN with or without a qualifier: the name. */
export const functionNameOf = (nameOrArn: string): string =>
  nameOrArn.startsWith('arn:') ? (nameOrArn.split(':')[6] ?? nameOrArn) : nameOrArn.split(':')[0]!;

/**
 * Lambda: each instance of a function is a process that runs the bundle of the assembly in the environment of the
 * template. Instances are used again, and end when idle for five minutes.
 */
export const startLambda = (options: {
  readonly functions: readonly FunctionDefinition[];
  readonly dataDir: string;
  readonly guard: Guard & Issuer;
  /** URL of each service by the name it has in `AWS_ENDPOINT_URL_*`, such as `RDS_DATA`. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** All that functions write, as it comes. */
  readonly onOutput?: (functionName: string) => (chunk: Buffer) => void;
  /** Hears of each invocation when it has ended, and of each that was throttled. */
  readonly onInvocation?: (invocation: Invocation) => void;
  /** Every line that a function writes. */
  readonly onLog?: (functionName: string, line: string) => void;
  /** True while an invocation of this function (by its title) is to be throttled although there is room. */
  readonly throttled?: (title: string) => boolean;
  /** How long an instance waits for its next invocation before it ends. @default five minutes */
  readonly idleMs?: number;
  /** Says that a function failed, at most once in ten seconds for each function. */
  readonly log?: (line: string) => void;
}): Lambda => {
  const {
    dataDir,
    guard,
    endpoints = {},
    onLog,
    throttled = () => false,
    idleMs = IDLE_MS,
    log: say = () => {},
  } = options;
  const { onOutput, onInvocation = () => {} } = options;
  let inFlight = 0;
  let stopped = false;

  const functions = new Map<string, RunningFunction>();
  for (const definition of options.functions) {
    const role = functionRole(definition, guard, say);
    const log = openFunctionLog(join(dataDir, 'logs', `${titleOf(definition)}.log`), say);
    functions.set(definition.name, { definition, role, log, instances: new Set(), idle: [], reported: 0 });
  }

  const find = (nameOrArn: string): RunningFunction => {
    const found = functions.get(functionNameOf(nameOrArn));
    if (!found) throw new Error(`no function ${nameOrArn}: there are ${[...functions.keys()].join(', ') || 'none'}`);
    return found;
  };

  const report = (running: RunningFunction, requestId: string, fault: Fault) => {
    if (running.role.mayLog()) running.log.write(Buffer.from(`${JSON.stringify({ requestId, ...fault })}\n`));
    if (Date.now() - running.reported < REPORT_EVERY_MS) return;
    running.reported = Date.now();
    say(`lambda: ${titleOf(running.definition)} failed with ${fault.errorType}: ${fault.errorMessage}`);
  };

  const start = ({ definition, role, log, instances }: RunningFunction): Instance => {
    role.begin();
    const toLines = onLog && lines((line) => onLog(definition.name, line));
    const toOutput = onOutput?.(definition.name);
    const credentials = guard.credentialsOf(definition.role, definition.name);
    const instance = startInstance(definition, instanceEnvironment(definition, endpoints, credentials), (chunk) => {
      if (stopped || !role.mayLog()) return;
      log.write(chunk);
      toLines?.(chunk);
      toOutput?.(chunk);
    });
    instances.add(instance);
    return instance;
  };

  const free = (running: RunningFunction): Instance | undefined => {
    for (let last = running.idle.pop(); last; last = running.idle.pop()) {
      if (last.instance.usable) return last.instance;
      running.instances.delete(last.instance);
    }
    if (running.instances.size >= concurrencyOf(running.definition)) return undefined;
    return start(running);
  };

  const sweep = setInterval(
    () => {
      for (const { idle, instances } of functions.values()) {
        // The longest idle ones are at the front: instances are taken from the back.
        while (idle[0] && Date.now() - idle[0].since > idleMs) {
          const { instance } = idle.shift()!;
          instances.delete(instance);
          void instance.stop();
        }
      }
    },
    Math.min(30_000, idleMs),
  );
  sweep.unref();

  return {
    get inFlight() {
      return inFlight;
    },
    roleOf: (nameOrArn) => find(nameOrArn).role.principal,
    titleOf: (nameOrArn) => titleOf(find(nameOrArn).definition),
    pids: (nameOrArn) => [...find(nameOrArn).instances].flatMap(({ pid, usable }) => (usable && pid ? [pid] : [])),
    invoke: async (nameOrArn, event) => {
      const running = find(nameOrArn);
      const requestId = randomUUID();
      if (event.length > MAX_PAYLOAD_BYTES) {
        throw new Error(`event of ${event.length} bytes for ${nameOrArn}, at most ${MAX_PAYLOAD_BYTES}`);
      }
      const instance = stopped || throttled(titleOf(running.definition)) ? undefined : free(running);
      const tell = (outcome: InvocationResult['outcome'], durationMs: number) =>
        onInvocation({ functionName: running.definition.name, invoked: nameOrArn, outcome, durationMs });
      if (!instance) {
        if (!stopped) tell('throttled', 0);
        return { outcome: 'throttled', requestId };
      }
      inFlight++;
      const began = performance.now();
      try {
        const answer = await instance.invoke(event, requestId, arnOf(running.definition, nameOrArn));
        if (instance.usable) running.idle.push({ instance, since: Date.now() });
        else running.instances.delete(instance);
        if (!stopped) tell(answer.outcome, performance.now() - began);
        if (answer.outcome === 'failed' && !stopped) report(running, requestId, answer.fault);
        return { ...tooLong(answer), requestId };
      } finally {
        inFlight--;
      }
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      clearInterval(sweep);
      const all = [...functions.values()];
      await Promise.all(all.flatMap(({ instances }) => [...instances].map((instance) => instance.stop())));
      for (const { log } of all) log.close();
    },
  };
};

const arnOf = ({ arn }: FunctionDefinition, invoked: string): string => {
  if (invoked.startsWith('arn:')) return invoked;
  const qualifier = invoked.split(':')[1];
  return qualifier ? `${arn}:${qualifier}` : arn;
};

const tooLong = (answer: Answer): Answer =>
  answer.outcome === 'returned' && answer.text.length > MAX_PAYLOAD_BYTES
    ? {
        outcome: 'failed',
        fault: {
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `response payload of ${answer.text.length} bytes, at most ${MAX_PAYLOAD_BYTES}`,
        },
      }
    : answer;
