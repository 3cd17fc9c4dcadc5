import { describe, expect, it } from 'vitest';
import { makeHandler } from '../../functions/publish-console/handler.ts';
import { publish, siteFile } from '../../functions/publish-console/publish.ts';
import type { Site, SiteFile } from '../../functions/publish-console/site.ts';

const memorySite = (before: readonly string[] = []) => {
  const files = new Map<string, SiteFile | undefined>(before.map((name) => [name, undefined]));
  const order: string[] = [];
  const site: Site = {
    put: async (file) => {
      order.push(file.name);
      files.set(file.name, file);
    },
    names: async () => [...files.keys()],
    remove: async (name) => {
      order.push(`-${name}`);
      files.delete(name);
    },
  };
  return { site, files, order };
};

const BUILT = ['index.html', 'assets/console-0123456789.js', 'favicon.svg'].map((name) => siteFile(name, name));
const context = { getRemainingTimeInMillis: () => 1000 } as never;

describe('the console that is served', () => {
  it('is kept for ever where the name says what is in it, and asked for again where it does not', () => {
    const told = BUILT.map(({ name, contentType, cacheControl }) => [name, contentType, cacheControl]);
    expect(told).toEqual([
      ['index.html', 'text/html; charset=utf-8', 'no-cache'],
      ['assets/console-0123456789.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
      ['favicon.svg', 'image/svg+xml', 'no-cache'],
    ]);
  });

  it('has no file whose type a browser would have to guess', () => {
    expect(() => siteFile('assets/data.bin', '')).toThrow(/file assets\/data.bin of the console has no known type/);
  });

  it('names no file that is not there yet: pages come last, and what is no longer part goes after them', async () => {
    const { site, order } = memorySite(['index.html', 'assets/console-9999999999.js']);
    expect(await publish(site, BUILT)).toEqual({ put: 3, removed: 1 });
    expect(order.slice(-2)).toEqual(['index.html', '-assets/console-9999999999.js']);
  });
});

describe('a deployment', () => {
  const run = async (RequestType: 'Create' | 'Update' | 'Delete', site: Site) => {
    const answers: Record<string, unknown>[] = [];
    const handler = makeHandler({
      site,
      files: BUILT,
      answer: async (url, body) => void answers.push({ url, ...JSON.parse(body) }),
    });
    const event = {
      RequestType,
      ResponseURL: 'https://answer.example',
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
      ResourceProperties: { ServiceToken: 't', config: '{"auth":{"kind":"cognito"}}', bundle: 'x' },
    };
    await handler(event as never, context);
    return answers;
  };

  it('brings the files and config.json, and tells CloudFormation', async () => {
    const { site, files } = memorySite();
    expect(await run('Create', site)).toEqual([
      expect.objectContaining({ url: 'https://answer.example', Status: 'SUCCESS', PhysicalResourceId: 'console' }),
    ]);
    expect([...files.keys()].sort()).toEqual([
      'assets/console-0123456789.js',
      'config.json',
      'favicon.svg',
      'index.html',
    ]);
    expect(files.get('config.json')).toMatchObject({
      body: '{"auth":{"kind":"cognito"}}',
      contentType: 'application/json',
      cacheControl: 'no-cache',
    });
  });

  it('that cannot write fails with the reason', async () => {
    const { site } = memorySite();
    const broken = { ...site, put: async () => Promise.reject(new Error('AccessDenied: not authorized')) };
    expect(await run('Update', broken)).toEqual([
      expect.objectContaining({ Status: 'FAILED', Reason: 'AccessDenied: not authorized' }),
    ]);
  });

  it('that goes leaves everything as it is', async () => {
    const { site, order } = memorySite(['index.html']);
    expect(await run('Delete', site)).toEqual([expect.objectContaining({ Status: 'SUCCESS' })]);
    expect(order).toEqual([]);
  });
});
