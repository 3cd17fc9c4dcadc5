import { mkdirSync } from 'node:fs';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Guard, Principal } from './iam/guard.ts';

export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  readonly retentionSeconds: number;
}

export interface DeadLetter {
  /** Milliseconds since 1970. */
  readonly sent: number;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface DeadLetterQueues {
  /** @throws AwsError AccessDeniedException when `caller` may not */
  send(
    queueArn: string,
    message: { readonly body: string; readonly attributes?: Readonly<Record<string, string>> },
    caller: Principal,
  ): Promise<void>;
  /** May `caller` send to the queue? @throws AwsError AccessDeniedException */
  checkSender(queueArn: string, caller: Principal): void;
  messages(queueArn: string): Promise<readonly DeadLetter[]>;
}

/**
 * SQS queues as far as anything here uses one: to keep what could not be delivered until somebody looks. One file a
 * queue, one line a message; messages older than the queue's retention are dropped at start.
 */
export const startDeadLetterQueues = async (options: {
  readonly dataDir: string;
  readonly queues: readonly QueueDefinition[];
  readonly guard: Pick<Guard, 'check'>;
  readonly now?: () => number;
}): Promise<DeadLetterQueues> => {
  const { guard, now = Date.now } = options;
  const folder = join(options.dataDir, 'queues');
  mkdirSync(folder, { recursive: true });
  const paths = new Map(options.queues.map(({ name, arn }) => [arn, join(folder, `${name}.jsonl`)]));
  const pathOf = (queueArn: string): string => {
    const path = paths.get(queueArn);
    if (!path) throw new Error(`no queue ${queueArn}: there are ${[...paths.keys()].join(', ') || 'none'}`);
    return path;
  };
  for (const { arn, retentionSeconds } of options.queues) {
    const path = pathOf(arn);
    const kept = (await read(path)).filter(({ sent }) => sent >= now() - retentionSeconds * 1000);
    await writeFile(`${path}.new`, kept.map((message) => `${JSON.stringify(message)}\n`).join(''));
    await rename(`${path}.new`, path);
  }
  const checkSender = (queueArn: string, caller: Principal) => guard.check(caller, 'sqs:SendMessage', queueArn);
  return {
    checkSender,
    send: async (queueArn, message, caller) => {
      checkSender(queueArn, caller);
      await appendFile(pathOf(queueArn), `${JSON.stringify({ sent: now(), ...message })}\n`);
    },
    messages: (queueArn) => read(pathOf(queueArn)),
  };
};

const read = async (path: string): Promise<DeadLetter[]> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  // A kill may have cut the last line; it never was a message.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as DeadLetter);
};
