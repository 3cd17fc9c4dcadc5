import { fileURLToPath } from 'node:url';
import { type Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  type CfnFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeNoDeadLetters, acknowledgeOwnPolicy } from './acknowledgements.ts';
import { Canary } from './canary.ts';
import { tracingPolicy } from './unbounded-policy.ts';

export interface PipelineFunctionProps {
  /** Folder under functions/, and the name of the function in logs, metrics and traces. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memorySize: number;
  /** At least 90 s: the Data API cancels a statement after 45 s, and one retry of it must still fit. */
  readonly timeout: Duration;
  readonly reservedConcurrency?: number;
  readonly logKey: IKey;
  /** Where an invocation that failed for good is kept or told: why the function needs no dead-letter queue of its own. */
  readonly afterFailure: string;
  /** Shell commands around esbuild, for files that are not code. */
  readonly commandHooks?: ICommandHooks;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A function of the pipeline as it runs everywhere: its own role, its own encrypted log, one bundle. */
export class PipelineFunction extends Construct {
  /** What it is called in logs, metrics and alarms. */
  readonly title: string;
  readonly role: Role;
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    this.title = props.folder;
    const log = new LogGroup(this, 'Log', { retention: RetentionDays.ONE_YEAR, encryptionKey: props.logKey });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [log.logGroupArn] }),
    );
    this.role.addManagedPolicy(tracingPolicy(this));
    acknowledgeOwnPolicy(this.role);

    this.function = new NodejsFunction(this, 'Function', {
      description: `EmissionWatch ${props.folder}`,
      entry: `${ROOT}functions/${props.folder}/index.ts`,
      handler: 'handler',
      projectRoot: ROOT,
      depsLockFilePath: `${ROOT}package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize,
      timeout: props.timeout,
      reservedConcurrentExecutions: props.reservedConcurrency,
      role: this.role,
      logGroup: log,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      recursiveLoop: RecursiveLoop.TERMINATE,
      awsSdkConnectionReuse: false,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: props.folder,
        POWERTOOLS_METRICS_NAMESPACE: 'EmissionWatch',
        ...props.environment,
      },
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        // Logs, alarms and state machines tell errors apart by the names of their classes.
        keepNames: true,
        sourceMap: true,
        logLevel: LogLevel.WARNING,
        sourcesContent: false,
        // Dependencies as ES modules: one in CommonJS would call require, which an ES module does not have.
        mainFields: ['module', 'main'],
        // The runtime's own SDK changes under a deployed function; the one in the lock file is the one that was tested.
        bundleAwsSDK: true,
        ...(props.commandHooks ? { commandHooks: props.commandHooks } : {}),
      },
    });
    // By the resource, because the construct would also write the permission into the role's own policy.
    (this.function.node.defaultChild as CfnFunction).tracingConfig = { mode: 'Active' };
    acknowledgeNoDeadLetters(this.function, props.afterFailure);
    Validations.of(this.function).acknowledge({
      id: 'NIST.800.53.R5-LambdaInsideVPC',
      reason: 'it only calls AWS APIs, each with IAM permissions; the network of the database has no way out to them',
    });
  }

  /** What streams, schedules and other services invoke. New code takes over by and by, and is turned back if it fails. */
  protected live({ readsStream = false } = {}): Alias {
    const { function: fn } = this;
    const version = fn.currentVersion;
    const alias = new Alias(this, 'Live', { aliasName: 'live', version });
    new Canary(this, 'Canary', { function: fn, version, alias, readsStream });
    return alias;
  }
}
