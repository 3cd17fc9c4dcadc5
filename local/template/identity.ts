import { createHash } from 'node:crypto';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';

/** What a resource's physical name and ARN are made of. */
export interface Identity {
  readonly stack: string;
  readonly logicalId: string;
  readonly name: string;
  /** A property of the resource, resolved. */
  readonly property: (name: string) => unknown;
}

interface ResourceType {
  /** Property that names the resource explicitly. */
  readonly nameProperty?: string;
  /** Physical name when none is given. @default `<stack>-<logical id>` */
  readonly generate?: (stack: string, logicalId: string) => string;
  readonly ref: (identity: Identity) => string;
  readonly attributes?: Readonly<Record<string, (identity: Identity) => string>>;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** At most `length` characters, still different from what is cut alike. */
const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 9)}-${digest(text).slice(0, 8)}`;

const plain = (stack: string, logicalId: string): string => `${stack}-${logicalId}`;
const upTo = (length: number) => (stack: string, logicalId: string) => shorten(plain(stack, logicalId), length);
const lower = (stack: string, logicalId: string) => shorten(plain(stack, logicalId).toLowerCase(), 63);
const underscored = (stack: string, logicalId: string) => plain(stack, logicalId).replaceAll('-', '_');
const uuid = (stack: string, logicalId: string) =>
  digest(plain(stack, logicalId)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

const arn = (service: string, resource: string) => `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT}:${resource}`;
const global = (service: string, resource: string) => `arn:${PARTITION}:${service}::${ACCOUNT}:${resource}`;
const policyArn = ({ name }: Identity) => global('iam', `policy/${name}`);
const byName = ({ name }: Identity) => name;
const functionArn = (nameOrArn: string) =>
  nameOrArn.startsWith('arn:') ? nameOrArn : arn('lambda', `function:${nameOrArn}`);
const versionArn = ({ property }: Identity) => `${functionArn(String(property('FunctionName')))}:1`;
const aliasArn = ({ property }: Identity) => `${functionArn(String(property('FunctionName')))}:${property('Name')}`;
const secretArn = ({ stack, logicalId, name }: Identity) =>
  arn('secretsmanager', `secret:${name}-${digest(plain(stack, logicalId)).slice(0, 6)}`);

const alarmArn = ({ name }: Identity) => arn('cloudwatch', `alarm:${name}`);
const topicArn = ({ name }: Identity) => arn('sns', name);
const stateMachineArn = ({ name }: Identity) => arn('states', `stateMachine:${name}`);
/** Short names as AWS makes them up. */
const upTo10 = (stack: string, logicalId: string) => digest(plain(stack, logicalId)).slice(0, 10);
const distributionId = (stack: string, logicalId: string) =>
  `E${digest(plain(stack, logicalId)).slice(0, 13).toUpperCase()}`;
const poolId = (stack: string, logicalId: string) => `${REGION}_${digest(plain(stack, logicalId)).slice(0, 9)}`;
const clientId = (stack: string, logicalId: string) => digest(plain(stack, logicalId)).slice(0, 26);
const executeApi = ({ name }: Identity) => `https://${name}.execute-api.${REGION}.amazonaws.com`;
const poolIssuer = ({ name }: Identity) => `cognito-idp.${REGION}.amazonaws.com/${name}`;
const timestreamArn = ({ name }: Identity) => arn('timestream', `database/${name}`);

/** Resource types that a local service runs, with the values of `Ref` and `Fn::GetAtt`. */
export const LOCAL_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::ApiGatewayV2::Api': {
    generate: upTo10,
    ref: byName,
    attributes: { ApiId: byName, ApiEndpoint: executeApi },
  },
  'AWS::ApiGatewayV2::Authorizer': { generate: upTo10, ref: byName, attributes: { AuthorizerId: byName } },
  'AWS::ApiGatewayV2::Integration': { generate: upTo10, ref: byName, attributes: { IntegrationId: byName } },
  'AWS::ApiGatewayV2::Route': { generate: upTo10, ref: byName, attributes: { RouteId: byName } },
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName', ref: byName },
  'AWS::CloudFront::Distribution': {
    generate: distributionId,
    ref: byName,
    attributes: { Id: byName, DomainName: ({ name }) => `${name.toLowerCase()}.cloudfront.net` },
  },
  'AWS::CloudFront::OriginAccessControl': { generate: distributionId, ref: byName, attributes: { Id: byName } },
  'AWS::CloudFront::ResponseHeadersPolicy': { generate: uuid, ref: byName, attributes: { Id: byName } },
  'AWS::Cognito::UserPool': {
    generate: poolId,
    ref: byName,
    attributes: {
      Arn: ({ name }) => arn('cognito-idp', `userpool/${name}`),
      ProviderName: poolIssuer,
      ProviderURL: (identity) => `https://${poolIssuer(identity)}`,
      UserPoolId: byName,
    },
  },
  'AWS::Cognito::UserPoolClient': { generate: clientId, ref: byName, attributes: { ClientId: byName } },
  'AWS::Cognito::UserPoolGroup': { nameProperty: 'GroupName', ref: byName },
  'AWS::IAM::ManagedPolicy': { nameProperty: 'ManagedPolicyName', generate: upTo(128), ref: policyArn },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName', ref: byName },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    generate: upTo(64),
    ref: byName,
    attributes: { Arn: ({ name }) => global('iam', `role/${name}`) },
  },
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', ref: byName, attributes: { Arn: alarmArn } },
  'AWS::CloudWatch::CompositeAlarm': { nameProperty: 'AlarmName', ref: byName, attributes: { Arn: alarmArn } },
  'AWS::DynamoDB::Table': {
    nameProperty: 'TableName',
    generate: upTo(255),
    ref: byName,
    attributes: { Arn: ({ name }) => arn('dynamodb', `table/${name}`) },
  },
  'AWS::IoT::ProvisioningTemplate': {
    nameProperty: 'TemplateName',
    generate: upTo(36),
    ref: byName,
    attributes: { TemplateArn: ({ name }) => arn('iot', `provisioningtemplate/${name}`) },
  },
  'AWS::IoT::Policy': {
    nameProperty: 'PolicyName',
    ref: byName,
    attributes: { Arn: ({ name }) => arn('iot', `policy/${name}`) },
  },
  'AWS::IoT::ThingType': {
    nameProperty: 'ThingTypeName',
    ref: byName,
    attributes: { Arn: ({ name }) => arn('iot', `thingtype/${name}`) },
  },
  'AWS::IoT::TopicRule': {
    nameProperty: 'RuleName',
    generate: underscored,
    ref: byName,
    attributes: { Arn: ({ name }) => arn('iot', `rule/${name}`) },
  },
  'AWS::KMS::Alias': { nameProperty: 'AliasName', ref: byName },
  'AWS::KMS::Key': {
    generate: uuid,
    ref: byName,
    attributes: { Arn: ({ name }) => arn('kms', `key/${name}`), KeyId: byName },
  },
  'AWS::Kinesis::Stream': {
    nameProperty: 'Name',
    generate: upTo(128),
    ref: byName,
    attributes: { Arn: ({ name }) => arn('kinesis', `stream/${name}`) },
  },
  'AWS::Lambda::Alias': { ref: aliasArn, attributes: { AliasArn: aliasArn } },
  'AWS::Lambda::EventInvokeConfig': { ref: byName },
  'AWS::Lambda::EventSourceMapping': { generate: uuid, ref: byName, attributes: { Id: byName } },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    generate: upTo(64),
    ref: byName,
    attributes: { Arn: ({ name }) => functionArn(name) },
  },
  'AWS::Lambda::Permission': { ref: byName },
  'AWS::Lambda::Version': { ref: versionArn, attributes: { Version: () => '1', FunctionArn: versionArn } },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    ref: byName,
    // As CloudFormation gives it: with every log stream of the group.
    attributes: { Arn: ({ name }) => arn('logs', `log-group:${name}:*`) },
  },
  'AWS::RDS::DBCluster': {
    nameProperty: 'DBClusterIdentifier',
    generate: lower,
    ref: byName,
    attributes: { DBClusterArn: ({ name }) => arn('rds', `cluster:${name}`) },
  },
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    generate: lower,
    ref: byName,
    attributes: {
      Arn: ({ name }) => `arn:${PARTITION}:s3:::${name}`,
      RegionalDomainName: ({ name }) => `${name}.s3.${REGION}.amazonaws.com`,
    },
  },
  'AWS::S3::BucketPolicy': { ref: byName },
  'AWS::SNS::Subscription': { ref: byName },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    generate: upTo(256),
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: byName },
  },
  'AWS::SNS::TopicPolicy': { ref: byName },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    generate: upTo(80),
    ref: ({ name }) => `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`,
    attributes: { Arn: ({ name }) => arn('sqs', name), QueueName: byName },
  },
  'AWS::SQS::QueuePolicy': { ref: byName },
  'AWS::Scheduler::Schedule': {
    nameProperty: 'Name',
    generate: upTo(64),
    ref: byName,
    attributes: { Arn: ({ name }) => arn('scheduler', `schedule/default/${name}`) },
  },
  'AWS::SecretsManager::ResourcePolicy': { ref: byName },
  'AWS::SecretsManager::Secret': { nameProperty: 'Name', ref: secretArn, attributes: { Id: secretArn } },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    generate: upTo(80),
    ref: stateMachineArn,
    attributes: { Arn: stateMachineArn, Name: byName },
  },
  'AWS::Timestream::Database': { nameProperty: 'DatabaseName', ref: byName, attributes: { Arn: timestreamArn } },
  'AWS::Timestream::Table': {
    nameProperty: 'TableName',
    ref: ({ name, property }) => `${property('DatabaseName')}|${name}`,
    attributes: {
      Arn: (identity) =>
        `${timestreamArn({ ...identity, name: String(identity.property('DatabaseName')) })}/table/${identity.name}`,
      Name: byName,
    },
  },
};

/** Names and ARNs of what exists only in AWS: they are passed around, and looked at by nobody. */
export const AWS_ONLY_TYPE: ResourceType = {
  ref: byName,
  attributes: { Arn: ({ name }) => `arn:${PARTITION}:only-in-aws::${ACCOUNT}:${name}` },
};

export const nameOf = (type: ResourceType, identity: Omit<Identity, 'name'>): string => {
  const given = type.nameProperty === undefined ? undefined : identity.property(type.nameProperty);
  return typeof given === 'string' ? given : (type.generate ?? plain)(identity.stack, identity.logicalId);
};
