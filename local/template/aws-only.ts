const REACHED_BY_NOBODY = 'a network around a database that is only used through the Data API';
const NO_SHIFT = 'here a function has one version, so there is nothing to shift between';
const NO_BACKUP = 'the data of the local cloud lie in a folder that can be copied';

/** Resource types that exist only in AWS and need nothing here, each with the reason. */
export const AWS_ONLY: Readonly<Record<string, string>> = {
  'AWS::Backup::BackupPlan': NO_BACKUP,
  'AWS::Backup::BackupSelection': NO_BACKUP,
  'AWS::Backup::BackupVault': NO_BACKUP,
  'AWS::CDK::Metadata': 'says which CDK made the template',
  'AWS::CloudWatch::Dashboard':
    'pictures of metrics in the console of AWS; here the console of the product shows the state',
  'AWS::CodeDeploy::Application': NO_SHIFT,
  'AWS::CodeDeploy::DeploymentGroup': NO_SHIFT,
  'AWS::Cognito::UserPoolDomain': 'the page to sign in at is AWS’s own; here there is a login for development',
  'AWS::EC2::FlowLog': REACHED_BY_NOBODY,
  'AWS::EC2::RouteTable': REACHED_BY_NOBODY,
  'AWS::EC2::SecurityGroup': REACHED_BY_NOBODY,
  'AWS::EC2::Subnet': REACHED_BY_NOBODY,
  'AWS::EC2::SubnetRouteTableAssociation': REACHED_BY_NOBODY,
  'AWS::EC2::VPC': REACHED_BY_NOBODY,
  'AWS::RDS::DBInstance': 'the one PostgreSQL server is every instance of the cluster',
  'AWS::RDS::DBSubnetGroup': REACHED_BY_NOBODY,
};
