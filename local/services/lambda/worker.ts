/**
 * What runs in the process of a function instance: loads the bundle, then answers one event after the other, as the
 * Lambda runtime does. Talks over file descriptor 3; standard output and error belong to the function.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { receive, send } from './channel.ts';

interface Invocation {
  readonly requestId: string;
  readonly arn: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

type Handler = (event: unknown, context: object) => unknown;

const channel = new Socket({ fd: 3, readable: true, writable: true });
// The local cloud is gone or wants this instance to end. Ctrl-C reaches the whole process group, but it decides.
channel.on('close', () => process.exit(0));
channel.on('end', () => process.exit(0));
channel.on('error', () => process.exit(0));
process.on('SIGINT', () => {});

const faultOf = (error: unknown) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: 'Error', errorMessage: String(error), trace: [] };

const load = async (): Promise<Handler> => {
  const root = process.env.LAMBDA_TASK_ROOT!;
  const [file, exported] = process.env._HANDLER!.split('.') as [string, string];
  const path = ['.mjs', '.js', '.cjs'].map((ending) => join(root, file + ending)).find((one) => existsSync(one));
  if (!path) throw new Error(`cannot find module ${file}: no ${file}.mjs or ${file}.js in the function's code`);
  const inside = pathToFileURL(`${root}/`).href;
  // In Lambda nothing above the bundle says "type": "module"; here the project's package.json does.
  const ownType = existsSync(join(root, 'package.json'));
  registerHooks({
    load: (url, context, next) =>
      !ownType && url.startsWith(inside) && url.endsWith('.js')
        ? next(url, { ...context, format: 'commonjs' })
        : next(url, context),
  });
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = module[exported] ?? (module.default as Record<string, unknown> | undefined)?.[exported];
  if (typeof handler !== 'function') throw new Error(`${process.env._HANDLER} is undefined or not exported`);
  return handler as Handler;
};

const contextOf = ({ requestId, arn, deadline }: Invocation) => ({
  callbackWaitsForEmptyEventLoop: true,
  awsRequestId: requestId,
  functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
  functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
  invokedFunctionArn: arn,
  memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
  logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

try {
  const handler = await load();
  receive(channel, async (header, text) => {
    const invocation = header as Invocation;
    try {
      const result = await handler(JSON.parse(text), contextOf(invocation));
      send(channel, { kind: 'returned' }, JSON.stringify(result ?? null));
    } catch (error) {
      send(channel, { kind: 'failed' }, JSON.stringify(faultOf(error)));
    }
  });
  send(channel, { kind: 'ready' });
} catch (error) {
  send(channel, { kind: 'unloadable' }, JSON.stringify(faultOf(error)));
}
