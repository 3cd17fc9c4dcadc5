import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApi } from '#core/contracts/api/openapi';
import { type BuiltConsole, buildConsole } from '../../console/build.ts';

const MOST_BYTES = 120_000;

describe('the built console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  let built: BuiltConsole;
  beforeAll(async () => {
    built = await buildConsole(join(folder, 'first'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string): Buffer => readFileSync(join(folder, 'first', name));

  it('is one document, one script, one style sheet and one picture, under 120 KB gzipped together, and the API in words', () => {
    const files = readdirSync(join(folder, 'first'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.includes('.'),
    );
    expect(files.sort()).toEqual(['favicon.svg', 'openapi.json', built.index, built.script, built.styles].sort());
    const loaded = files.filter((name) => name !== 'openapi.json');
    const bytes = loaded.reduce((sum, name) => sum + gzipSync(read(name)).length, 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('has the description of the API beside it, made of the contracts that requests are checked by', () => {
    expect(JSON.parse(read('openapi.json').toString('utf8'))).toEqual(JSON.parse(JSON.stringify(openApi())));
  });

  it('has no code and no style in its document, and loads nothing from elsewhere', () => {
    const html = read(built.index).toString('utf8');
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
    expect(html.match(/<script[^>]*>[^<]*<\/script>/g)).toEqual([
      `<script type="module" src="/${built.script}"></script>`,
    ]);
    for (const name of [built.index, built.styles]) expect(read(name).toString('utf8')).not.toMatch(/https?:\/\//);
  });

  it('holds no schemas: the contracts are types to it', () => {
    expect(read(built.script).toString('utf8')).not.toContain('expected a reason of at least 3 characters');
  });

  it('has the same names when nothing has changed, also when it is built by hand', () => {
    const printed = execFileSync(process.execPath, ['console/build.ts', join(folder, 'second')], { encoding: 'utf8' });
    expect(printed.trim().split('\n')).toEqual(
      [built.index, built.script, built.styles].map((name) => join(folder, 'second', name)),
    );
  });
});
