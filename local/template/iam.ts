import * as z from 'zod';
import type { Policies } from '../services/iam/create-guard.ts';
import type { PolicyDocument, PolicyKind } from '../services/iam/statement.ts';
import { ACCOUNT } from './identity.ts';
import { IGNORED, type TemplateResource, type Templates } from './templates.ts';

/** People act as this one; here one person is both who the policies `OperatorPolicy` and `AdministratorPolicy` are for. */
export const OPERATOR = `arn:aws:iam::${ACCOUNT}:user/operator`;
/** What these do, they do to what exists on AWS only: nothing here ever takes on a role that trusts nobody else. */
export const SERVICES_ONLY_IN_AWS: Readonly<Record<string, string>> = {
  'backup.amazonaws.com': 'backups of the database and the table are made on AWS only',
  'codedeploy.amazonaws.com': 'here new code replaces the old at once',
  'monitoring.rds.amazonaws.com': "RDS measures its instances' operating system, and here is no such instance",
  'vpc-flow-logs.amazonaws.com': 'the network around the database exists on AWS only',
};
/** CDK puts the hash of the path behind the construct's id. */
const POLICY_OF_PEOPLE = /(Operator|Administrator)Policy([0-9A-F]{8})?$/;

const roleProperties = z.strictObject({
  RoleName: z.string().optional(),
  AssumeRolePolicyDocument: z.unknown(),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
  Description: IGNORED,
  // Nothing here lives as long as a session.
  MaxSessionDuration: IGNORED,
  Tags: IGNORED,
});
const inlineProperties = z.strictObject({
  PolicyName: z.string(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).min(1),
});
const managedProperties = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).default([]),
  Path: z.literal('/').optional(),
  Description: IGNORED,
});

/**
 * Every policy of the templates, with who or what has it.
 * @throws Error for a managed policy that no template has: AWS's own are not known here
 */
export const policiesOf = (templates: Templates): Policies => {
  const roles = templates.ofType('AWS::IAM::Role').map((resource) => ({
    resource,
    arn: resource.attribute('Arn'),
    properties: resource.properties(roleProperties),
  }));
  const roleNamed = (name: string, by: TemplateResource) => {
    const role = roles.find(({ resource }) => resource.name === name);
    if (!role) throw new Error(`${by.stack}/${by.logicalId} is for role ${name}, which no template has`);
    return role.arn;
  };
  const managed = templates.ofType('AWS::IAM::ManagedPolicy').map((resource) => {
    const { PolicyDocument, Roles } = resource.properties(managedProperties);
    const attachedTo = Roles.map((name) => roleNamed(name, resource));
    return { resource, arn: resource.ref, attachedTo, policy: documentOf(resource, 'identity', PolicyDocument) };
  });
  const managedOf = (arn: string, by: TemplateResource, trust: unknown): readonly PolicyDocument[] => {
    const found = managed.find((one) => one.arn === arn);
    if (found) return [found.policy];
    if (onlyInAws(trust)) return [];
    throw new Error(
      `${by.stack}/${by.logicalId} has managed policy ${arn}, which no template has: ` +
        'give the role the statements it needs, they are checked here',
    );
  };

  const identity = [
    ...roles.flatMap(({ resource, arn, properties: { ManagedPolicyArns, Policies, AssumeRolePolicyDocument } }) => [
      ...ManagedPolicyArns.flatMap((policy) => managedOf(policy, resource, AssumeRolePolicyDocument)).map((policy) => ({
        holder: arn,
        policy,
      })),
      ...Policies.map(({ PolicyName, PolicyDocument }) => ({
        holder: arn,
        policy: documentOf(resource, 'identity', PolicyDocument, `/${PolicyName}`),
      })),
    ]),
    ...managed.flatMap(({ attachedTo, policy }) => attachedTo.map((holder) => ({ holder, policy }))),
    ...templates.ofType('AWS::IAM::Policy').flatMap((resource) => {
      const { PolicyDocument, Roles } = resource.properties(inlineProperties);
      const policy = documentOf(resource, 'identity', PolicyDocument);
      return Roles.map((name) => ({ holder: roleNamed(name, resource), policy }));
    }),
    ...managed
      .filter(({ resource }) => POLICY_OF_PEOPLE.test(resource.logicalId))
      .map(({ policy }) => ({ holder: OPERATOR, policy })),
  ];
  return {
    roles: roles.map(({ resource, arn, properties }) => ({
      arn,
      trust: documentOf(resource, 'trust', properties.AssumeRolePolicyDocument),
    })),
    identity,
    resource: [
      ...keyPolicies(templates),
      ...bucketPolicies(templates),
      ...queuePolicies(templates),
      ...topicPolicies(templates),
      ...secretPolicies(templates),
      ...functionPermissions(templates),
    ],
  };
};

const trustOfServices = z.object({
  Statement: z.array(z.object({ Principal: z.object({ Service: z.union([z.string(), z.array(z.string())]) }) })),
});

/** Does this trust name nobody but services that exist on AWS only? */
const onlyInAws = (trust: unknown): boolean => {
  const parsed = trustOfServices.safeParse(trust);
  return (
    parsed.success &&
    parsed.data.Statement.flatMap(({ Principal }) => Principal.Service).every((name) => name in SERVICES_ONLY_IN_AWS)
  );
};

const documentOf = (
  { stack, logicalId }: TemplateResource,
  kind: PolicyKind,
  document: unknown,
  part = '',
): PolicyDocument => ({ name: `${stack}/${logicalId}${part}`, kind, document });

type ResourcePolicies = Policies['resource'];

const keyProperties = z.looseObject({ KeyPolicy: z.unknown() });

const keyPolicies = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::KMS::Key').map((resource) => ({
    holder: resource.attribute('Arn'),
    policy: documentOf(resource, 'resource', resource.properties(keyProperties).KeyPolicy),
  }));

const bucketPolicyProperties = z.strictObject({ Bucket: z.string(), PolicyDocument: z.unknown() });

const bucketPolicies = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::S3::BucketPolicy').map((resource) => {
    const { Bucket, PolicyDocument } = resource.properties(bucketPolicyProperties);
    return { holder: `arn:aws:s3:::${Bucket}`, policy: documentOf(resource, 'resource', PolicyDocument) };
  });

const queuePolicyProperties = z.strictObject({ Queues: z.array(z.string()), PolicyDocument: z.unknown() });

const queuePolicies = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::SQS::QueuePolicy').flatMap((resource) => {
    const { Queues, PolicyDocument } = resource.properties(queuePolicyProperties);
    const policy = documentOf(resource, 'resource', PolicyDocument);
    return Queues.map((url) => {
      const queue = templates.ofType('AWS::SQS::Queue').find(({ ref }) => ref === url);
      if (!queue) throw new Error(`${policy.name} is for queue ${url}, which no template has`);
      return { holder: queue.attribute('Arn'), policy };
    });
  });

const topicPolicyProperties = z.strictObject({ Topics: z.array(z.string()), PolicyDocument: z.unknown() });

const topicPolicies = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::SNS::TopicPolicy').flatMap((resource) => {
    const { Topics, PolicyDocument } = resource.properties(topicPolicyProperties);
    const policy = documentOf(resource, 'resource', PolicyDocument);
    return Topics.map((holder) => ({ holder, policy }));
  });

const secretPolicyProperties = z.strictObject({
  SecretId: z.string(),
  ResourcePolicy: z.unknown(),
  BlockPublicPolicy: IGNORED,
});

const secretPolicies = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::SecretsManager::ResourcePolicy').map((resource) => {
    const { SecretId, ResourcePolicy } = resource.properties(secretPolicyProperties);
    return { holder: SecretId, policy: documentOf(resource, 'resource', ResourcePolicy) };
  });

const permissionProperties = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

/** Lambda makes one statement of the policy of a function, alias or version of each permission. */
const functionPermissions = (templates: Templates): ResourcePolicies =>
  templates.ofType('AWS::Lambda::Permission').map((resource) => {
    const { Action, FunctionName, Principal, SourceArn, SourceAccount } = resource.properties(permissionProperties);
    const holder = FunctionName.startsWith('arn:')
      ? FunctionName
      : templates
          .ofType('AWS::Lambda::Function')
          .find(({ name }) => name === FunctionName)
          ?.attribute('Arn');
    if (holder === undefined)
      throw new Error(`${resource.logicalId} is for function ${FunctionName}, which no template has`);
    const Condition = {
      ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
      ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
    };
    const statement = {
      Effect: 'Allow',
      Action,
      Resource: holder,
      Principal: Principal.endsWith('.amazonaws.com') ? { Service: Principal } : { AWS: Principal },
      Condition,
    };
    return { holder, policy: documentOf(resource, 'resource', { Version: '2012-10-17', Statement: statement }) };
  });
