const REACHED_BY_NOBODY = 'a network around a database that is only used through the Data API';
const PERMISSION = 'IAM permissions are not enforced here (device policies of IoT are)';
const ENCRYPTION = 'the files of the local cloud are not encrypted';

/** Resource types that exist only in AWS and need nothing here, each with the reason. */
export const AWS_ONLY: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'says which CDK made the template',
  'AWS::EC2::FlowLog': REACHED_BY_NOBODY,
  'AWS::EC2::RouteTable': REACHED_BY_NOBODY,
  'AWS::EC2::SecurityGroup': REACHED_BY_NOBODY,
  'AWS::EC2::Subnet': REACHED_BY_NOBODY,
  'AWS::EC2::SubnetRouteTableAssociation': REACHED_BY_NOBODY,
  'AWS::EC2::VPC': REACHED_BY_NOBODY,
  'AWS::IAM::ManagedPolicy': PERMISSION,
  'AWS::IAM::Policy': PERMISSION,
  'AWS::IAM::Role': PERMISSION,
  'AWS::KMS::Alias': ENCRYPTION,
  'AWS::KMS::Key': ENCRYPTION,
  'AWS::Lambda::Permission': PERMISSION,
  'AWS::Logs::LogGroup': 'functions log to files of a fixed size',
  'AWS::RDS::DBInstance': 'the one PostgreSQL server is every instance of the cluster',
  'AWS::RDS::DBSubnetGroup': REACHED_BY_NOBODY,
  'AWS::S3::BucketPolicy': PERMISSION,
  'AWS::SQS::QueuePolicy': PERMISSION,
};
