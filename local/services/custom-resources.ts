import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { AwsError, listenOnLoopback, readBody } from './aws-json.ts';
import type { Lambda } from './lambda.ts';

export interface CustomResourceDefinition {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** ARN of the function that answers for it. */
  readonly serviceToken: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const stored = z.record(
  z.string(),
  z.object({
    properties: z.record(z.string(), z.unknown()),
    physicalId: z.string(),
  }),
);
type Stored = z.infer<typeof stored>;

const answer = z.object({
  Status: z.enum(['SUCCESS', 'FAILED']),
  Reason: z.string().optional(),
  PhysicalResourceId: z.string().optional(),
});
type CustomResourceAnswer = z.infer<typeof answer>;

const MAX_ANSWER_BYTES = 64 * 1024;
/** How long an answer may still be on its way when the function has returned without one. */
const ANSWER_AFTER_RETURN_MS = 5000;

/**
 * Custom resources as CloudFormation does them: the function gets a Create, or an Update when the properties are not
 * those of the last start, and answers with a PUT to the URL in the event. Unchanged ones are left alone.
 * CloudFormation invokes it with the rights of whoever deploys, which no template says, so nothing is asked here.
 * What it answers beside success or failure is not kept: nothing in a template may refer to it here.
 *
 * @throws Error with the function's reason when one fails
 */
export const runCustomResources = async (options: {
  readonly dataDir: string;
  readonly resources: readonly CustomResourceDefinition[];
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly log: (line: string) => void;
}): Promise<void> => {
  const { dataDir, resources, lambda, log } = options;
  const path = join(dataDir, 'custom-resources.json');
  const known = await readStored(path);
  const waiting = new Map<string, (answer: CustomResourceAnswer) => void>();
  const server = createServer((request, response) => {
    const take = waiting.get(request.url ?? '');
    readBody(request, MAX_ANSWER_BYTES, () => new AwsError('InvalidRequest', `over ${MAX_ANSWER_BYTES} bytes`, 400))
      .then((body) => {
        if (request.method !== 'PUT' || !take) throw new Error(`${request.method} ${request.url} is not waited for`);
        take(answer.parse(JSON.parse(body.toString('utf8'))));
        response.writeHead(200).end();
      })
      .catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  const { endpoint, stop } = await listenOnLoopback(server);

  const run = async (resource: CustomResourceDefinition, before: Stored[string] | undefined) => {
    const { stack, logicalId, type, serviceToken } = resource;
    const name = `${stack}/${logicalId} (${type})`;
    const properties = asText(resource.properties) as Record<string, unknown>;
    if (before && isDeepStrictEqual(before.properties, properties)) {
      log(`custom resource ${type}: unchanged`);
      return before;
    }
    const requestType = before ? 'Update' : 'Create';
    const url = `/${randomUUID()}`;
    const answered = new Promise<CustomResourceAnswer>((resolve) => waiting.set(url, resolve));
    const event = {
      RequestType: requestType,
      ServiceToken: serviceToken,
      ResponseURL: endpoint + url,
      StackId: `arn:aws:cloudformation:us-east-1:000000000000:stack/${stack}/local`,
      RequestId: randomUUID(),
      ResourceType: type,
      LogicalResourceId: logicalId,
      ...(before && { PhysicalResourceId: before.physicalId }),
      ResourceProperties: { ServiceToken: serviceToken, ...properties },
      ...(before && { OldResourceProperties: { ServiceToken: serviceToken, ...before.properties } }),
    };
    const returned = lambda.invoke(serviceToken, JSON.stringify(event)).then(async (result) => {
      if (result.outcome === 'failed') throw new Error(`${result.fault.errorType}: ${result.fault.errorMessage}`);
      if (result.outcome === 'throttled') throw new Error('its function was throttled');
      await sleep(ANSWER_AFTER_RETURN_MS, undefined, { ref: false });
      throw new Error('its function returned without an answer to the ResponseURL');
    });
    const { Status, Reason, PhysicalResourceId } = await Promise.race([answered, returned]).catch((cause) => {
      throw new Error(`${requestType} of custom resource ${name} failed: ${cause.message}`, { cause });
    });
    waiting.delete(url);
    if (Status === 'FAILED') {
      throw new Error(`${requestType} of custom resource ${name} failed: ${Reason ?? 'no reason given'}`);
    }
    log(`custom resource ${type}: ${requestType.toLowerCase()}d`);
    return { properties, physicalId: PhysicalResourceId ?? before?.physicalId ?? event.RequestId };
  };

  try {
    for (const resource of resources) {
      const key = `${resource.stack}/${resource.logicalId}`;
      known[key] = await run(resource, known[key]);
      await writeStored(path, known);
    }
  } finally {
    await stop();
  }
};

/** CloudFormation turns numbers and booleans of properties into text. */
const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
  }
  return value === null || value === undefined ? value : String(value);
};

const readStored = async (path: string): Promise<Stored> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return stored.parse(JSON.parse(text));
};

const writeStored = async (path: string, results: Stored): Promise<void> => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.new`, JSON.stringify(results));
  await rename(`${path}.new`, path);
};
