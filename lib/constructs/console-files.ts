import { fileURLToPath } from 'node:url';
import { CustomResource, Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { PublishConsoleEnv } from '../../functions/publish-console/env.ts';
import { CONSOLE_PREFIX } from './console-site.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface ConsoleFilesProps {
  readonly bucket: IBucket;
  /** What the console must know of where it is: its `config.json`. */
  readonly config: {
    readonly auth: { readonly kind: 'cognito'; readonly domain: string; readonly clientId: string };
  };
  readonly logKey: IKey;
}

const BUILD = fileURLToPath(new URL('../../console/build.ts', import.meta.url));

/** Puts the built console, which is part of the function's bundle, into the bucket on every deployment that changes it. */
export class ConsoleFiles extends PipelineFunction {
  constructor(scope: Construct, id: string, { bucket, config, logKey }: ConsoleFilesProps) {
    super(scope, id, {
      folder: 'publish-console',
      environment: { CONSOLE_BUCKET: bucket.bucketName, CONSOLE_PREFIX } satisfies Record<PublishConsoleEnv, string>,
      memorySize: 512,
      timeout: Duration.minutes(2),
      // CloudFormation asks for one thing at a time.
      reservedConcurrency: 1,
      afterFailure: 'CloudFormation waits for its answer and undoes the deployment without one',
      logKey,
      commandHooks: {
        beforeBundling: () => [],
        beforeInstall: () => [],
        afterBundling: (_, output) => [`"${process.execPath}" "${BUILD}" "${output}/console" > /dev/null`],
      },
    });
    const files = bucket.arnForObjects(`${CONSOLE_PREFIX}*`);
    this.role.addToPolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [files] }));
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringEquals: { 's3:prefix': CONSOLE_PREFIX } },
      }),
    );
    const name = Stack.of(this).getLogicalId(bucket.node.defaultChild as CfnBucket);
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${name}.Arn>/${CONSOLE_PREFIX}*]`,
      reason: 'names of the files carry a checksum of what is in them, so a policy can only name their prefix',
    });

    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::ConsoleFiles',
      serviceToken: this.function.functionArn,
      serviceTimeout: Duration.minutes(15),
      properties: { config: JSON.stringify(config), bundle: this.bundle() },
    });
    // CloudFormation must not ask before the function may do all it needs.
    run.node.addDependency(this.role);
  }

  /** Changes with any file of the console, and with the function itself. */
  private bundle(): string {
    const { s3Key } = (this.function.node.defaultChild as CfnFunction).code as CfnFunction.CodeProperty;
    return s3Key ?? '';
  }
}
