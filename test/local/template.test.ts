import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { eventSourceMappingsOf } from '../../local/template/event-source-mappings.ts';
import { functionsOf } from '../../local/template/functions.ts';
import { streamsOf } from '../../local/template/streams.ts';
import { loadTemplates } from '../../local/template/templates.ts';
import { lambdaFunction, ROLE, writeAssembly } from './assembly.ts';

const stream = { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 2, RetentionPeriodHours: 168 } };

/** Resolves one value as a property of a custom resource in a stack with a stream and a bucket. */
const resolved = (value: unknown, sections: object = {}) => {
  const folder = writeAssembly({
    Storage: {
      Resources: { Minutes: stream, Landing: { Type: 'AWS::S3::Bucket', Properties: {} } },
      Outputs: {
        MinutesName: { Value: { Ref: 'Minutes' } },
        Exported: { Value: { 'Fn::GetAtt': ['Minutes', 'Arn'] }, Export: { Name: 'Storage:Minutes' } },
      },
    },
    Probe: {
      Resources: {
        Minutes: stream,
        Landing: { Type: 'AWS::S3::Bucket', Properties: {} },
        Probe: { Type: 'Custom::Probe', Properties: { value } },
      },
      ...sections,
    },
  });
  const templates = loadTemplates(folder);
  const probe = templates.resources.find(({ type }) => type === 'Custom::Probe')!;
  return probe.properties(z.object({ value: z.unknown() })).value;
};

describe('template', () => {
  it.each([
    ['a stream by name', { Ref: 'Minutes' }, 'Probe-Minutes'],
    [
      'a stream by ARN',
      { 'Fn::GetAtt': ['Minutes', 'Arn'] },
      'arn:aws:kinesis:us-east-1:000000000000:stream/Probe-Minutes',
    ],
    ['an attribute in one word', { 'Fn::GetAtt': 'Landing.Arn' }, 'arn:aws:s3:::probe-landing'],
    ['the region', { Ref: 'AWS::Region' }, 'us-east-1'],
    [
      'text with references',
      { 'Fn::Sub': `\${AWS::Partition}:\${AWS::AccountId}:\${Landing}:\${Minutes.Arn}:\${!kept}` },
      `aws:000000000000:probe-landing:arn:aws:kinesis:us-east-1:000000000000:stream/Probe-Minutes:\${kept}`,
    ],
    [
      'text with variables',
      { 'Fn::Sub': [`\${a}/\${AWS::StackName}`, { a: { Ref: 'Minutes' } }] },
      'Probe-Minutes/Probe',
    ],
    ['joined text', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::URLSuffix' }]] }, 'a-amazonaws.com'],
    ['a part of a split text', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [
      'an import',
      { 'Fn::ImportValue': 'Storage:Minutes' },
      'arn:aws:kinesis:us-east-1:000000000000:stream/Storage-Minutes',
    ],
    [
      'an output of another stack',
      { 'Fn::GetStackOutput': { StackName: 'Storage', OutputName: 'MinutesName', Region: { Ref: 'AWS::Region' } } },
      'Storage-Minutes',
    ],
    ['nothing for AWS::NoValue', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
  ])('works out %s', (_, value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  it('works out conditions and parameters with their defaults', () => {
    const sections = {
      Parameters: { Size: { Type: 'String', Default: 'small' } },
      Conditions: {
        IsSmall: { 'Fn::Equals': [{ Ref: 'Size' }, 'small'] },
        IsLarge: { 'Fn::Not': [{ Condition: 'IsSmall' }] },
        Either: { 'Fn::Or': [{ Condition: 'IsSmall' }, { Condition: 'IsLarge' }] },
        Both: { 'Fn::And': [{ Condition: 'IsSmall' }, { Condition: 'IsLarge' }] },
      },
    };
    const choose = (condition: string) => resolved({ 'Fn::If': [condition, 'yes', 'no'] }, sections);
    expect(['IsSmall', 'IsLarge', 'Either', 'Both'].map(choose)).toEqual(['yes', 'no', 'yes', 'no']);
  });

  it.each([
    ['an unknown function', { 'Fn::GetAZs': '' }, /intrinsic function Fn::GetAZs is not known/],
    ['a reference to nothing', { Ref: 'Absent' }, /Probe\/Absent is referred to and does not exist/],
    [
      'an attribute no service has',
      { 'Fn::GetAtt': ['Minutes', 'Colour'] },
      /Probe\/Minutes \(AWS::Kinesis::Stream\) has no attribute Colour/,
    ],
    ['an import that nobody exports', { 'Fn::ImportValue': 'nowhere' }, /imports nowhere, which no stack exports/],
    ['the answer of a custom resource', { Ref: 'Probe' }, /answer of a custom resource is not kept/],
  ])('refuses %s', (_, value, message) => {
    expect(() => resolved(value)).toThrow(message);
  });

  it('refuses a resource type that no local service runs, and names it', () => {
    const folder = writeAssembly({
      App: { Resources: { Service: { Type: 'AWS::ECS::Service' }, Cluster: { Type: 'AWS::EKS::Cluster' } } },
    });
    expect(() => loadTemplates(folder)).toThrow(
      /AWS::ECS::Service \(App\/Service\), AWS::EKS::Cluster \(App\/Cluster\)/,
    );
  });

  it('leaves out a resource whose condition does not hold', () => {
    const folder = writeAssembly({
      App: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Table: { Type: 'AWS::DynamoDB::Table', Condition: 'Never' } },
      },
    });
    expect(loadTemplates(folder).resources).toEqual([]);
  });

  it('reads stacks after those they depend on', () => {
    const folder = writeAssembly(
      { Late: { Resources: { A: stream } }, Early: { Resources: { B: stream } } },
      { dependencies: { Late: ['Early'] } },
    );
    expect(loadTemplates(folder).resources.map(({ stack }) => stack)).toEqual(['Early', 'Late']);
  });

  it('says which file is missing when the folder is no assembly', () => {
    expect(() => loadTemplates('/nowhere')).toThrow(/\/nowhere\/manifest.json is not part of a cloud assembly/);
  });
});

describe('what the services get from a template', () => {
  it('is a stream with its shards and retention', () => {
    const templates = loadTemplates(writeAssembly({ App: { Resources: { Minutes: stream } } }));
    expect(streamsOf(templates)).toEqual([
      {
        name: 'App-Minutes',
        arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/App-Minutes',
        shards: 2,
        retentionHours: 168,
      },
    ]);
  });

  it('is a function with the folder of its code, and a mapping with the defaults of AWS', () => {
    const folder = writeAssembly(
      {
        App: {
          Resources: {
            ...ROLE,
            Minutes: stream,
            Validate: lambdaFunction('validate', {
              Environment: { Variables: { STREAM: { Ref: 'Minutes' } } },
              ReservedConcurrentExecutions: 2,
              LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO' },
            }),
            Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Validate' }, Name: 'live' } },
            Mapping: {
              Type: 'AWS::Lambda::EventSourceMapping',
              Properties: {
                FunctionName: { Ref: 'Live' },
                EventSourceArn: { 'Fn::GetAtt': ['Minutes', 'Arn'] },
                StartingPosition: 'TRIM_HORIZON',
              },
            },
          },
        },
      },
      { code: { validate: 'export const handler = () => {};' } },
    );
    const templates = loadTemplates(folder);
    expect(functionsOf(templates)).toEqual([
      {
        name: 'App-Validate',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:App-Validate',
        code: `${folder}/asset.validate`,
        handler: 'index.handler',
        memoryMb: 128,
        timeoutSeconds: 3,
        role: 'arn:aws:iam::000000000000:role/App-Role',
        traced: false,
        environment: { STREAM: 'App-Minutes', AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' },
        reservedConcurrency: 2,
      },
    ]);
    expect(eventSourceMappingsOf(templates)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        target: 'arn:aws:lambda:us-east-1:000000000000:function:App-Validate:live',
        streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/App-Minutes',
        startingPosition: 'TRIM_HORIZON',
        batchSize: 100,
        batchingWindowSeconds: 0,
        parallelizationFactor: 1,
        reportBatchItemFailures: false,
        bisectBatchOnFunctionError: false,
        maximumRetryAttempts: Number.POSITIVE_INFINITY,
        maximumRecordAgeSeconds: Number.POSITIVE_INFINITY,
      },
    ]);
  });

  it('is an error when a property would be passed over in silence', () => {
    const folder = writeAssembly({
      App: {
        Resources: {
          Mapping: {
            Type: 'AWS::Lambda::EventSourceMapping',
            Properties: {
              FunctionName: 'f',
              EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
              StartingPosition: 'TRIM_HORIZON',
              FilterCriteria: { Filters: [] },
            },
          },
        },
      },
    });
    expect(() => eventSourceMappingsOf(loadTemplates(folder))).toThrow(
      /App\/Mapping \(AWS::Lambda::EventSourceMapping\) cannot run in the local cloud: .*FilterCriteria/,
    );
  });
});
