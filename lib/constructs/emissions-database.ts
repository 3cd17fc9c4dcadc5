import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { FlowLogDestination, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import type { Profile } from '../environments.ts';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';
import { type DatabaseLogin, loginSecret } from './database-login.ts';
import { monitoringRole } from './database-monitoring.ts';

export interface EmissionsDatabaseProps {
  readonly profile: Profile;
  readonly key: IKey;
  readonly logKey: IKey;
}

/**
 * Aurora PostgreSQL without a network path to it: its subnets have no route out, its security group lets nobody in, and
 * whoever may use it does so through the Data API with IAM permissions.
 */
export class EmissionsDatabase extends Construct {
  readonly clusterArn: string;
  readonly name = 'emissionwatch';
  /** Owns the schema. Only migrate-database uses it. */
  readonly owner: DatabaseLogin;
  readonly validateMeasurements: DatabaseLogin;
  readonly calculateEmissions: DatabaseLogin;
  readonly checkCompliance: DatabaseLogin;
  readonly verifyContinuity: DatabaseLogin;
  readonly raiseAlarms: DatabaseLogin;
  readonly reportQuarter: DatabaseLogin;
  readonly serveApi: DatabaseLogin;
  /** People, by way of the command line. */
  readonly operator: DatabaseLogin;

  constructor(scope: Construct, id: string, { profile, key, logKey }: EmissionsDatabaseProps) {
    super(scope, id);
    const secret = loginSecret(this, 'Owner', { username: 'emissionwatch_owner', key });
    const cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
      writer: ClusterInstance.serverlessV2('Writer'),
      // Scales with the writer and so is promoted first (tier 1).
      readers: profile.standby ? [ClusterInstance.serverlessV2('Standby', { scaleWithWriter: true })] : [],
      serverlessV2MinCapacity: profile.minCapacity,
      serverlessV2MaxCapacity: profile.maxCapacity,
      vpc: this.network(logKey),
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      port: 5433,
      enableDataApi: true,
      iamAuthentication: true,
      credentials: Credentials.fromPassword('emissionwatch_owner', secret.secretValueFromJson('password')),
      defaultDatabaseName: this.name,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(35) },
      copyTagsToSnapshot: true,
      cloudwatchLogsExports: ['postgresql'],
      monitoringInterval: Duration.minutes(1),
      monitoringRole: monitoringRole(this, 'Monitor'),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    for (const instance of cluster.node.children.filter(({ node }) => ['Writer', 'Standby'].includes(node.id)))
      Validations.of(instance).acknowledge({
        id: 'NIST.800.53.R5-RDSInBackupPlan',
        reason: 'AWS Backup takes an Aurora cluster as a whole, not its instances; the cluster is in the daily plan',
      });
    this.clusterArn = cluster.clusterArn;
    const as = (login: DatabaseLogin['secret']): DatabaseLogin => ({
      clusterArn: this.clusterArn,
      database: this.name,
      secret: login,
      key,
    });
    this.owner = as(secret);
    this.validateMeasurements = as(
      loginSecret(this, 'ValidateMeasurements', { username: 'validate_measurements', key }),
    );
    this.calculateEmissions = as(loginSecret(this, 'CalculateEmissions', { username: 'calculate_emissions', key }));
    this.checkCompliance = as(loginSecret(this, 'CheckCompliance', { username: 'check_compliance', key }));
    this.verifyContinuity = as(loginSecret(this, 'VerifyContinuity', { username: 'verify_continuity', key }));
    this.raiseAlarms = as(loginSecret(this, 'RaiseAlarms', { username: 'raise_alarms', key }));
    this.reportQuarter = as(loginSecret(this, 'ReportQuarter', { username: 'report_quarter', key }));
    this.serveApi = as(loginSecret(this, 'ServeApi', { username: 'serve_api', key }));
    this.operator = as(loginSecret(this, 'Operator', { username: 'operator', key }));
  }

  private network(logKey: IKey): Vpc {
    const flows = new LogGroup(this, 'NetworkFlows', { retention: RetentionDays.ONE_YEAR, encryptionKey: logKey });
    const flowWriter = new Role(this, 'FlowWriter', { assumedBy: new ServicePrincipal('vpc-flow-logs.amazonaws.com') });
    acknowledgeOwnPolicy(flowWriter);
    const network = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      flowLogs: { All: { destination: FlowLogDestination.toCloudWatchLogs(flows, flowWriter) } },
    });
    Validations.of(network).acknowledge({
      id: 'NIST.800.53.R5-VPCDefaultSecurityGroupClosed',
      reason: 'only the database is in this network, in a security group of its own; nothing is in the default one',
    });
    return network;
  }
}
