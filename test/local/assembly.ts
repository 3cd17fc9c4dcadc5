import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

interface StackTemplate {
  readonly Resources: Readonly<Record<string, object>>;
  readonly [section: string]: unknown;
}

/** Writes a cloud assembly like `cdk synth` does: stacks in any order, and a folder with an index.mjs for each function. */
export const writeAssembly = (
  stacks: Readonly<Record<string, StackTemplate>>,
  {
    code = {},
    dependencies = {},
  }: {
    readonly code?: Readonly<Record<string, string>>;
    readonly dependencies?: Readonly<Record<string, readonly string[]>>;
  } = {},
): string => {
  const folder = temporaryFolder();
  const write = (file: string, content: unknown) => writeFileSync(join(folder, file), JSON.stringify(content));
  const artifacts: Record<string, unknown> = {
    assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
    Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
  };
  for (const [name, template] of Object.entries(stacks)) {
    write(`${name}.template.json`, template);
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
      dependencies: dependencies[name] ?? [],
    };
  }
  const files: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(code)) {
    mkdirSync(join(folder, `asset.${name}`));
    writeFileSync(join(folder, `asset.${name}`, 'index.mjs'), text);
    files[name] = {
      source: { path: `asset.${name}`, packaging: 'zip' },
      destinations: { default: { bucketName: 'assets', objectKey: `${name}.zip` } },
    };
  }
  write('assets.json', { version: '1', files });
  write('manifest.json', { version: '1', artifacts });
  return folder;
};

/** An AWS::Lambda::Function whose code is the asset of that name. */
export const lambdaFunction = (asset: string, properties: object = {}): object => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: 'assets', S3Key: `${asset}.zip` },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    ...properties,
  },
});

const trusted = (...services: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: services.map((name) => ({
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Service: `${name}.amazonaws.com` },
  })),
});

export const ROLE = {
  Role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: trusted('lambda', 'scheduler') } },
};
