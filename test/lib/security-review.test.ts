import { App, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, type PolicyStatementProps, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, it, vi } from 'vitest';
import { PipelineFunction } from '../../lib/constructs/pipeline-function.ts';
import { review } from '../../lib/security-review.ts';
import { CHOICES, synthesised } from './stacks.ts';
import { unbundled } from './template.ts';

// Each test makes the whole app, some of them several times: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const PACKS: readonly (new () => NagPack)[] = [AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks];

describe('the security review of every synthesis', () => {
  it.each(CHOICES)('finds nothing in profile $profile with $timeSeriesStore, nor does CloudFormation', (choice) => {
    expect(synthesised(choice).warnings).toEqual([]);
  });

  it('also passes an app whose new code takes over at once', () => {
    expect(synthesised({ canary: 'off' }).warnings).toEqual([]);
  });

  it('is made of AWS Solutions, NIST 800-53 revision 5 and Serverless, and a breach stops the synthesis', () => {
    const app = new App();
    new Bucket(new Stack(app, 'Breach'), 'Open');
    review(app);
    expect(() => app.synth()).toThrow(/AwsSolutions-S1[\s\S]*NIST\.800\.53\.R5-S3BucketLoggingEnabled/);
    expect(PACKS.map((pack) => new pack().readPackName)).toEqual(['AwsSolutions', 'NIST.800.53.R5', 'Serverless']);
  });
});

describe('a wildcard is found', () => {
  const wildcards: readonly [string, PolicyStatementProps, string][] = [
    ['every resource', { actions: ['kinesis:PutRecords'], resources: ['*'] }, 'AwsSolutions-IAM5[Resource::*]'],
    [
      'every stream',
      { actions: ['kinesis:PutRecords'], resources: ['arn:aws:kinesis:us-east-1:000000000000:stream/*'] },
      'AwsSolutions-IAM5[Resource::arn:aws:kinesis:us-east-1:000000000000:stream/*]',
    ],
    ['every action', { actions: ['s3:*'], resources: ['arn:aws:s3:::a-bucket'] }, 'AwsSolutions-IAM5[Action::s3:*]'],
  ];
  const roles = constructsIn(unbundled({ profile: 'medium' }).app)
    .filter((construct) => construct instanceof Role)
    .map(({ node }) => node.path);

  it('and there are roles to find it in', () => {
    expect(roles.length).toBeGreaterThan(15);
    expect(functionsIn(unbundled().app).length).toBeGreaterThanOrEqual(5);
  });

  it.each(wildcards)('in whichever role: %s', (_, statement, finding) => {
    const { app } = unbundled({ profile: 'medium' });
    for (const construct of constructsIn(app))
      if (construct instanceof Role) construct.addToPolicy(new PolicyStatement(statement));
    const found = findings(AwsSolutionsChecks, app).filter(({ rule }) => rule === finding);
    const missed = roles.filter((path) => !found.some(({ resource }) => resource.startsWith(`${path}/`)));
    expect(missed).toEqual([]);
  });
});

describe('an exception', () => {
  const { app } = unbundled({ profile: 'medium' });
  const exceptions = constructsIn(app).flatMap(acknowledgements);
  // What the packs would say if nothing were acknowledged.
  const raw = PACKS.flatMap((pack) => findings(pack, app, { heed: false }));

  it('stands on one resource and never on a stack or on the app', () => {
    expect(exceptions.length).toBeGreaterThan(0);
    for (const { path, id } of exceptions) {
      const covered = raw.filter(({ rule, resource }) => rule === id && `${resource}/`.startsWith(`${path}/`));
      expect([path, id, path.includes('/'), covered.length]).toEqual([path, id, true, 1]);
    }
  });

  it('gives a reason that is a fact, not a promise', () => {
    for (const { id, reason } of exceptions) {
      expect([id, reason.length > 40]).toEqual([id, true]);
      expect(reason).not.toMatch(/\b(later|for now|will be|temporar|todo|not needed|false positive)/i);
    }
  });

  it('of a policy made by AWS is there for AWS Backup alone', () => {
    expect(exceptions.filter(({ id }) => id.startsWith('AwsSolutions-IAM4')).map(({ path }) => path)).toEqual([
      'EmissionWatch-Storage/Backups/Role',
    ]);
  });
});

interface Finding {
  readonly rule: string;
  readonly resource: string;
}

function findings(pack: new () => NagPack, scope: IConstruct, { heed = true } = {}): Finding[] {
  const checks = new pack();
  if (!heed) Reflect.set(checks, 'isAcknowledged', () => false);
  const { violations } = checks.validateScope(scope);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => ({ rule: ruleName, resource: constructPath ?? '' })),
  );
}

function constructsIn(app: App): IConstruct[] {
  return app.node.findAll();
}

function functionsIn(app: App): PipelineFunction[] {
  return constructsIn(app).filter((construct) => construct instanceof PipelineFunction);
}

function acknowledgements({ node }: IConstruct) {
  return node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Record<string, string>))
    .map(([id, reason]) => ({ path: node.path, id: id.replace(/^annotation::/i, ''), reason }))
    .filter(({ id }) => /^(AwsSolutions|NIST|Serverless)/.test(id));
}
