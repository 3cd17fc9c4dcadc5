import { describe, expect, it } from 'vitest';
import { runCustomResources } from '../../local/services/custom-resources.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { temporaryFolder } from './temporary.ts';

interface CustomEvent {
  readonly RequestType: string;
  readonly ResponseURL: string;
  readonly [key: string]: unknown;
}

const resource = (properties: Record<string, unknown>) => ({
  stack: 'Processing',
  logicalId: 'Migrations',
  type: 'Custom::DatabaseMigrations',
  serviceToken: 'arn:aws:lambda:us-east-1:000000000000:function:migrate',
  properties,
});

/** A function that answers every event with `answer`. */
const provider = (answer: (event: CustomEvent) => object | undefined) => {
  const events: CustomEvent[] = [];
  const invoke = async (_: string, text: string): Promise<InvocationResult> => {
    const event = JSON.parse(text) as CustomEvent;
    events.push(event);
    const body = answer(event);
    if (!body) return { outcome: 'failed', fault: { errorType: 'Boom', errorMessage: 'crashed' }, requestId: 'r' };
    const { status } = await fetch(event.ResponseURL, { method: 'PUT', body: JSON.stringify(body) });
    expect(status).toBe(200);
    return { outcome: 'returned', text: 'null', requestId: 'r' };
  };
  return { events, lambda: { invoke } };
};
const log = () => {};

describe('custom resource', () => {
  it('is created at the first start, left alone while unchanged, and updated with its old properties', async () => {
    const { events, lambda } = provider(() => ({ Status: 'SUCCESS', PhysicalResourceId: 'schema' }));
    const dataDir = temporaryFolder();
    const run = (properties: Record<string, unknown>) =>
      runCustomResources({ dataDir, resources: [resource(properties)], lambda, log });
    await run({ checksum: 'a', retries: 3 });
    await run({ checksum: 'a', retries: 3 });
    await run({ checksum: 'b', retries: 3 });
    expect(events.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Update']);
    expect(events[0]).toMatchObject({
      ServiceToken: resource({}).serviceToken,
      ResourceType: 'Custom::DatabaseMigrations',
      LogicalResourceId: 'Migrations',
      StackId: expect.stringContaining('stack/Processing/'),
      RequestId: expect.any(String),
      ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
      ResourceProperties: { checksum: 'a', retries: '3' },
    });
    expect(events[1]).toMatchObject({
      PhysicalResourceId: 'schema',
      ResourceProperties: { checksum: 'b' },
      OldResourceProperties: { checksum: 'a' },
    });
  });

  it('stops the start with its reason when it fails, and is tried again at the next', async () => {
    let healthy = false;
    const { events, lambda } = provider(() =>
      healthy ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: '0002.sql: syntax error' },
    );
    const options = { dataDir: temporaryFolder(), resources: [resource({ checksum: 'a' })], lambda, log };
    await expect(runCustomResources(options)).rejects.toThrow(
      'Create of custom resource Processing/Migrations (Custom::DatabaseMigrations) failed: 0002.sql: syntax error',
    );
    healthy = true;
    await runCustomResources(options);
    expect(events.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Create']);
  });

  it('fails when its function fails without an answer', async () => {
    const { lambda } = provider(() => undefined);
    const options = { dataDir: temporaryFolder(), resources: [resource({})], lambda, log };
    await expect(runCustomResources(options)).rejects.toThrow(/failed: Boom: crashed/);
  });
});
