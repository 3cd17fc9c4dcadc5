import { z } from 'zod';
import type { PolicyDocument } from '../services/iot/policy.ts';
import type { TopicRule } from '../services/iot/rule-actions.ts';
import { IGNORED, type Templates } from './templates.ts';

const ruleProperties = z.strictObject({
  RuleName: z.string().optional(),
  TopicRulePayload: z.strictObject({
    Sql: z.string(),
    AwsIotSqlVersion: z.string().optional(),
    RuleDisabled: z.boolean().default(false),
    Actions: z.tuple([
      z.strictObject({
        Kinesis: z.strictObject({ StreamName: z.string(), PartitionKey: z.string(), RoleArn: IGNORED }),
      }),
    ]),
    ErrorAction: z
      .strictObject({ S3: z.strictObject({ BucketName: z.string(), Key: z.string(), RoleArn: IGNORED }) })
      .optional(),
    Description: IGNORED,
  }),
  Tags: IGNORED,
});

export const topicRulesOf = (templates: Templates): TopicRule[] =>
  templates.ofType('AWS::IoT::TopicRule').map((resource) => {
    const { Sql, AwsIotSqlVersion, RuleDisabled, Actions, ErrorAction } =
      resource.properties(ruleProperties).TopicRulePayload;
    const [{ Kinesis }] = Actions;
    return {
      ruleName: resource.name,
      sql: Sql,
      awsIotSqlVersion: AwsIotSqlVersion,
      kinesisAction: { streamName: Kinesis.StreamName, partitionKey: Kinesis.PartitionKey },
      errorAction: ErrorAction && { s3: { bucketName: ErrorAction.S3.BucketName, key: ErrorAction.S3.Key } },
      disabled: RuleDisabled,
    };
  });

const policyProperties = z.strictObject({
  PolicyName: z.string().optional(),
  PolicyDocument: z.unknown(),
  Tags: IGNORED,
});

export const devicePoliciesOf = (templates: Templates): PolicyDocument[] =>
  templates.ofType('AWS::IoT::Policy').map((resource) => ({
    policyName: resource.name,
    document: resource.properties(policyProperties).PolicyDocument,
  }));

export const thingTypesOf = (templates: Templates): { readonly thingTypeName: string }[] =>
  templates.ofType('AWS::IoT::ThingType').map(({ name }) => ({ thingTypeName: name }));
