import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it, vi } from 'vitest';
import { emissionWatch } from '../../lib/emission-watch.ts';
import { PROFILE_NAMES, profileOf } from '../../lib/environments.ts';
import { assemblies, named, type Properties, type Resources, templates, unbundled } from './template.ts';

// The whole app with all of its bundles and the console: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 });

describe('profiles', () => {
  it('there are four, and the smallest is what one gets without asking', () => {
    expect(PROFILE_NAMES).toEqual(['small', 'medium', 'large', 'xl']);
    expect(profileOf().name).toBe('small');
  });

  it('a name that is none of them is answered with the names that are', () => {
    expect(() => unbundled({ profile: 'huge' })).toThrow(
      'unknown profile "huge": choose one of small, medium, large, xl (-c profile=medium)',
    );
  });

  // Shards and factor as the design fixes them; capacity units keep a day's backlog within hours of work.
  it.each([
    { profile: 'small', shards: 1, factor: 2, capacity: { MinCapacity: 0.5, MaxCapacity: 4 }, standby: false },
    { profile: 'medium', shards: 1, factor: 4, capacity: { MinCapacity: 0.5, MaxCapacity: 8 }, standby: true },
    { profile: 'large', shards: 2, factor: 8, capacity: { MinCapacity: 1, MaxCapacity: 16 }, standby: true },
    { profile: 'xl', shards: 8, factor: 8, capacity: { MinCapacity: 2, MaxCapacity: 64 }, standby: true },
  ])('$profile has $shards shard(s), $factor lanes a shard, and invocations reserved for all of them', (expected) => {
    const { storage, processing } = templates(expected.profile);
    for (const stream of ['StreamsMeasurements', 'StreamsValidated', 'StreamsEmissions'])
      expect(named(storage, stream)[1].Properties.ShardCount).toBe(expected.shards);
    expect(named(storage, 'DatabaseCluster')[1].Properties.ServerlessV2ScalingConfiguration).toEqual(expected.capacity);
    const standbys = Object.keys(storage.Resources).filter((id) => id.startsWith('DatabaseClusterStandby'));
    expect(standbys).toHaveLength(expected.standby ? 1 : 0);

    const properties = Object.entries(processing.Resources).map(([, { Type, Properties }]) => ({ Type, Properties }));
    const valuesOf = (type: string, value: (properties: Properties) => unknown) =>
      properties.flatMap(({ Type, Properties }) => (Type === type ? [value(Properties)] : []));
    const factors = valuesOf('AWS::Lambda::EventSourceMapping', ({ ParallelizationFactor }) => ParallelizationFactor);
    expect(factors).toEqual(Array.from({ length: 4 }, () => expected.factor));
    for (const id of ['ValidateMeasurements', 'RecordTimeSeries', 'CalculateEmissions', 'CheckCompliance'])
      expect(named(processing, `${id}Function`)[1].Properties.ReservedConcurrentExecutions).toBe(
        expected.shards * expected.factor,
      );
    // Lambda's usual quota is 1000, of which 100 must stay unreserved.
    const reserved = valuesOf('AWS::Lambda::Function', (each) => (each.ReservedConcurrentExecutions as number) ?? 0);
    expect((reserved as number[]).reduce((sum, each) => sum + each)).toBeLessThanOrEqual(900);
  });
});

describe('templates', () => {
  it('belong to no account and no region', () => {
    const { storage, ingest, processing, timeSeries } = unbundled();
    for (const stack of [storage, ingest, processing, timeSeries!]) {
      expect(stack.environment).toBe('aws://unknown-account/unknown-region');
      expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/us-east-1|\b\d{12}\b/);
    }
  });

  it('are made with the feature flags of cdk.json also when no CLI is involved', () => {
    const { app } = unbundled();
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    expect(context).toMatchObject({
      '@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2': true,
      '@aws-cdk/core:defaultCrossStackReferences': 'weak',
      '@aws-cdk/core:validateAgainstDefaultRules': true,
    });
    for (const [flag, value] of Object.entries(context)) expect(app.node.tryGetContext(flag)).toBe(value);
  });
});

describe('bundles', () => {
  it('load as they would in Lambda, and migrate-database brings its SQL along', () => {
    const outdir = mkdtempSync(join(assemblies, 'bundles-'));
    const { app } = emissionWatch({ outdir });
    // Every function gets every setting; what a text says does not matter until it is used.
    const settings = Object.fromEntries(
      app
        .synth()
        .stacks.flatMap(({ template }) => Object.values((template as { Resources: Resources }).Resources))
        .flatMap(({ Type, Properties }) => (Type === 'AWS::Lambda::Function' ? [Properties.Environment] : []))
        .flatMap((environment) => Object.entries((environment as { Variables: Properties }).Variables))
        .map(([name, value]) => [name, typeof value === 'string' ? value : `arn:aws:test:us-east-1::${name}`]),
    );
    const assets = readdirSync(outdir).filter((name) => name.startsWith('asset.') && !name.includes('.json'));
    const code = assets.filter((asset) => readdirSync(join(outdir, asset)).includes('index.mjs'));
    expect(code).toHaveLength(readdirSync('functions').filter((folder) => folder !== 'adapters').length);
    for (const asset of code) {
      const script = `import('./index.mjs').then(({ handler }) => console.log(typeof handler))`;
      const printed = execFileSync(process.execPath, ['-e', script], {
        cwd: join(outdir, asset),
        encoding: 'utf8',
        env: {
          ...process.env,
          AWS_REGION: 'us-east-1',
          ...settings,
        },
      });
      expect(printed.trim()).toBe('function');
    }
    const sql = code.flatMap((asset) => readdirSync(join(outdir, asset)).filter((name) => name === 'migrations'));
    expect(sql).toHaveLength(1);
    const [withSql] = code.filter((asset) => readdirSync(join(outdir, asset)).includes('migrations'));
    expect(readdirSync(join(outdir, withSql!, 'migrations'))).toEqual(
      readdirSync('functions/migrate-database/migrations'),
    );
  });
});
