import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ServeApiEnv } from '../../functions/serve-api/env.ts';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { allowLogin, loginEnvironment } from './database-login.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { acknowledgeObjects, objectsArn, useKeyOf } from './stored-objects.ts';

export interface ApiFunctionProps {
  readonly storage: StorageStack;
}

/** The state machine by its name: so that console and API can be deployed without waiting for it. */
const REPORTS = 'EmissionWatch-QuarterlyReport';

/** Answers people and programs. What each of them may see and do it decides by the token that the gateway has checked. */
export class ApiFunction extends PipelineFunction {
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { storage }: ApiFunctionProps) {
    const machine = stateMachineArn(Stack.of(scope));
    super(scope, id, {
      folder: 'serve-api',
      environment: {
        ...loginEnvironment(storage.database.serveApi),
        REPORTS_BUCKET: storage.reports.bucket.bucketName,
        QUARTERLY_REPORT_STATE_MACHINE_ARN: machine,
      } satisfies Record<ServeApiEnv, string>,
      memorySize: 1024,
      // As long as the gateway waits: later nobody would get the answer.
      timeout: Duration.seconds(30),
      reservedConcurrency: 5,
      afterFailure:
        'the gateway waits for the answer and tells whoever asked that there is none, and they may ask again',
      logKey: storage.logKey,
    });
    allowLogin(this.role, storage.database.serveApi);
    this.allowReports(storage, machine);
    this.role.addManagedPolicy(this.alarmReader());
    this.alias = this.live();
  }

  private allowReports({ reports }: StorageStack, machine: string): void {
    const archived = { bucket: reports.bucket, output: 'ReportsBucketName', prefix: 'reports/' };
    const executions = `${machine.replace(':stateMachine:', ':execution:')}:*`;
    this.role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [objectsArn(this, archived)] }));
    this.role.addToPolicy(useKeyOf(this, reports.bucket, 'kms:Decrypt'));
    this.role.addToPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine] }));
    this.role.addToPolicy(new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }));
    acknowledgeObjects(this.role, archived);
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${REPORTS}:*]`,
      reason: 'an execution is named by facility, quarter and revision when it is started; this allows to look at one',
    });
  }

  /** CloudWatch tells of composite alarms only those who may describe every alarm. */
  private alarmReader(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'AlarmReader', {
      description: 'See the state of alarms',
      statements: [new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] })],
    });
    Validations.of(policy).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'CloudWatch tells of composite alarms only those who may describe every alarm, and this allows nothing else',
    });
    return policy;
  }
}

const stateMachineArn = (stack: Stack): string =>
  stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: REPORTS,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
