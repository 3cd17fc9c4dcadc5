import * as z from 'zod';
import type { PolicyDocument } from '../services/iot/policy.ts';
import type { ProvisioningTemplate } from '../services/iot/provisioning-template.ts';
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
        Kinesis: z.strictObject({ StreamName: z.string(), PartitionKey: z.string(), RoleArn: z.string() }),
      }),
    ]),
    ErrorAction: z
      .strictObject({ S3: z.strictObject({ BucketName: z.string(), Key: z.string(), RoleArn: z.string() }) })
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
      kinesisAction: { streamName: Kinesis.StreamName, partitionKey: Kinesis.PartitionKey, roleArn: Kinesis.RoleArn },
      errorAction: ErrorAction && {
        s3: {
          bucketName: ErrorAction.S3.BucketName,
          key: ErrorAction.S3.Key,
          roleArn: ErrorAction.S3.RoleArn,
        },
      },
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

const templateProperties = z.strictObject({
  TemplateName: z.string().optional(),
  TemplateType: z.literal('FLEET_PROVISIONING', 'only fleets are provisioned here'),
  TemplateBody: z.string(),
  Enabled: z.boolean().default(false),
  ProvisioningRoleArn: z.string(),
  PreProvisioningHook: z.strictObject({ PayloadVersion: z.literal('2020-04-01'), TargetArn: z.string() }).optional(),
  Description: IGNORED,
  Tags: IGNORED,
});

export const provisioningTemplatesOf = (templates: Templates): ProvisioningTemplate[] =>
  templates.ofType('AWS::IoT::ProvisioningTemplate').map((resource) => {
    const { TemplateBody, Enabled, ProvisioningRoleArn, PreProvisioningHook } = resource.properties(templateProperties);
    return {
      templateName: resource.name,
      arn: resource.attribute('TemplateArn'),
      enabled: Enabled,
      body: TemplateBody,
      roleArn: ProvisioningRoleArn,
      ...(PreProvisioningHook && { hookArn: PreProvisioningHook.TargetArn }),
    };
  });

/** The policy of claim certificates: an output, because a template does not say which policy is for what. */
export const claimPolicyOf = (templates: Templates): string | undefined =>
  Object.values(templates.outputs()).find(({ ClaimPolicyName }) => ClaimPolicyName !== undefined)?.ClaimPolicyName;
