import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ambientBreaches,
  anyBreaches,
  focusBreaches,
  isBarrel,
  layerBreaches,
  nameBreaches,
  spellingBreaches,
  unfinishedBreaches,
} from './architecture/breaches.ts';
import { FOLDERS, filesIn, parse, sourcesIn } from './architecture/source.ts';

const sources = FOLDERS.flatMap(sourcesIn);
const core = sources.filter(({ path }) => path.startsWith('core/'));

describe('the repository', () => {
  it('has code in every layer that the rules speak of', () => {
    for (const folder of ['bin', 'core', 'functions', 'lib']) expect(sourcesIn(folder).length).toBeGreaterThan(0);
  });

  it('has no top-level folder without rules', () => {
    const known = [...FOLDERS, 'docs', 'node_modules', 'coverage', 'cdk.out'];
    const folders = readdirSync('.', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).filter((name) => !name.startsWith('.') && !known.includes(name))).toEqual(
      [],
    );
  });

  it('imports only what each layer may import; nothing imports tests, and only tests import the local cloud', () => {
    expect(sources.flatMap(layerBreaches)).toEqual([]);
  });

  it('imports across folders by #core, and within a folder by a path with its ending', () => {
    expect(sources.flatMap(spellingBreaches)).toEqual([]);
  });

  it('uses no package that package.json does not declare', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));
    const packages = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier, target }) => !/^[.#<]|^node:/.test(specifier) && !declared.has(target))
        .filter(({ target, typeOnly }) => !(typeOnly && declared.has(`@types/${target}`)))
        .map(({ target }) => `${path} -> ${target}`),
    );
    expect(packages).toEqual([]);
  });

  it('keeps clock, chance, environment and log out of core', () => {
    expect(core.flatMap(ambientBreaches)).toEqual([]);
  });

  it('is typed throughout', () => {
    expect(sources.flatMap(anyBreaches)).toEqual([]);
  });

  it('has no file that only passes on what others export', () => {
    expect(sources.filter(isBarrel).map(({ path }) => path)).toEqual([]);
  });

  it('leaves nothing for later and runs every test', () => {
    expect(sources.flatMap(unfinishedBreaches)).toEqual([]);
    expect(sources.filter(({ path }) => path !== 'test/architecture.test.ts').flatMap(focusBreaches)).toEqual([]);
  });

  it('names every file for what is in it, in kebab case', () => {
    expect(nameBreaches(FOLDERS.flatMap(filesIn))).toEqual([]);
  });
});

describe('the rules find a planted breach', () => {
  it.each([
    ['core/units/a.ts', "import { S3Client } from '@aws-sdk/client-s3';"],
    ['core/units/a.ts', "import { readFileSync } from 'node:fs';"],
    ['core/units/a.ts', "import { env } from '#adapters/env';"],
    ['core/units/a.ts', "export { env } from '../../functions/adapters/env.ts';"],
    ['core/units/a.ts', "const later = await import('../../local/main.ts');"],
    ['functions/close-periods/a.ts', "import { makeHandler } from '../check-compliance/handler.ts';"],
    ['functions/close-periods/a.ts', "import { Stack } from 'aws-cdk-lib';"],
    ['functions/close-periods/a.ts', "import { Context } from 'aws-lambda';"],
    ['functions/adapters/a.ts', "import { makeHandler } from '../check-compliance/handler.ts';"],
    ['edge-agent/a.ts', "import { env } from '#adapters/env';"],
    ['edge-agent/a.ts', "import pg from 'pg';"],
    ['lib/a.ts', "import { makeHandler } from '../functions/close-periods/handler.ts';"],
    ['lib/a.ts', "import { ClosePeriodsEnv } from '../functions/close-periods/env.ts';"],
    ['lib/a.ts', "import { start } from '../local/main.ts';"],
    ['bin/a.ts', "import { rounded } from '#core/units/rounding';"],
    ['local/services/a.ts', "import { makeHandler } from '../../functions/close-periods/handler.ts';"],
    ['local/services/a.ts', "import type { Database } from '#adapters/data-api';"],
    ['local/services/a.ts', "import { templates } from '../../test/lib/template.ts';"],
    ['local/a.ts', "import { makeHandler } from '../functions/close-periods/handler.ts';"],
    ['bench/a.ts', "import { a } from '../test/local/temporary.ts';"],
    ['cli/a.ts', "import { start } from '../local/main.ts';"],
    ['scripts/a.ts', ''],
  ])('in %s: %s', (path, text) => {
    expect(layerBreaches(parse(path, text))).toHaveLength(1);
  });

  it.each([
    ['core/units/a.ts', "import * as z from 'zod'; import Decimal from 'decimal.js'; import { b } from './b.ts';"],
    ['functions/close-periods/a.ts', "import { env } from '#adapters/env'; import type { Context } from 'aws-lambda';"],
    ['functions/close-periods/a.ts', "import { env } from '../adapters/env.ts'; import { p } from '#core/ports';"],
    ['lib/stacks/a.ts', "import type { ClosePeriodsEnv } from '../../functions/close-periods/env.ts';"],
    ['lib/stacks/a.ts', "import { Role } from 'aws-cdk-lib/aws-iam'; import { Construct } from 'constructs';"],
    [
      'bin/a.ts',
      "import { emissionWatch } from '../lib/emission-watch.ts'; import { AwsSolutionsChecks } from 'cdk-nag';",
    ],
    ['local/a.ts', "import { run } from '../edge-agent/run.ts'; import pg from 'pg'; import { p } from '#core/ports';"],
    ['local/a.ts', "import { emissionWatch } from '../lib/emission-watch.ts'; import { x509 } from '@peculiar/x509';"],
    ['test/a.ts', "import { start } from '../local/main.ts';"],
  ])('and leave alone what is allowed in %s: %s', (path, text) => {
    expect(layerBreaches(parse(path, text))).toEqual([]);
  });

  it.each([
    ['lib/a.ts', "import { b } from './b';"],
    ['lib/a.ts', "import { b } from './b.js';"],
    ['functions/adapters/a.ts', "import { p } from '../../core/ports.ts';"],
    ['functions/adapters/a.ts', "import { p } from '#core/ports.ts';"],
    ['core/a.ts', "import { z } from 'zod';"],
  ])('of spelling in %s: %s', (path, text) => {
    expect(spellingBreaches(parse(path, text))).toHaveLength(1);
  });

  it.each([
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const r = Math.random();',
    'const id = crypto.randomUUID();',
    'const e = process.env.HOME;',
    'const { env } = process;',
    'const t = globalThis.performance.now();',
    "console.log('x');",
    "await fetch('http://x');",
    'setTimeout(f, 1);',
  ])('of purity: %s', (text) => {
    expect(ambientBreaches(parse('core/a.ts', text)).length).toBeGreaterThan(0);
  });

  it.each([
    'const t = new Date(minute * 60_000);',
    'const t = Date.UTC(2018, 0);',
    '// Date.now() is not for core',
    'const x = { process: 1, performance: plan.performance };',
  ])('but purity allows: %s', (text) => {
    expect(ambientBreaches(parse('core/a.ts', text))).toEqual([]);
  });

  it.each(['let x: any;', 'const x = y as any;', 'const f = (a: Record<string, any>) => a;'])(
    'of typing: %s',
    (text) => {
      expect(anyBreaches(parse('core/a.ts', text))).toHaveLength(1);
      expect(anyBreaches(parse('core/a.ts', "z.any(); const any = 'any'; // any"))).toEqual([]);
    },
  );

  it('of barrels', () => {
    expect(isBarrel(parse('core/index.ts', "export * from './a.ts';\nexport { b } from './b.ts';"))).toBe(true);
    expect(isBarrel(parse('core/a.ts', "export { b } from './b.ts';\nexport const c = 1;"))).toBe(false);
  });

  it('of unfinished work and of tests that do not run', () => {
    expect(unfinishedBreaches(parse('core/a.ts', `// ${'TO'}${'DO'}: later`))).toHaveLength(1);
    expect(unfinishedBreaches(parse('core/a.ts', '// todos os dias'))).toEqual([]);
    for (const text of ["it.only('x')", "describe.skip('x')", "test.each([]).only('x')", "it.todo('x')"])
      expect(focusBreaches(parse('test/a.test.ts', text.replace('([])', '')))).toHaveLength(1);
    expect(focusBreaches(parse('test/a.test.ts', "it.skipIf(!present)('x')"))).toEqual([]);
  });

  it('of names', () => {
    const bad = ['core/utils/a.ts', 'lib/helpers.ts', 'core/types/x.ts', 'lib/MyStack.ts', 'core/snake_case.ts'];
    expect(
      nameBreaches([...bad, 'core/units/a.ts', 'test/lib/storage-stack.test.ts', 'functions/x/0001-first.sql']),
    ).toEqual(bad);
  });
});
