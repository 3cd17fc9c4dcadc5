import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { addressesOf } from '../environments.ts';
import { acknowledgeLastQueue } from './acknowledgements.ts';
import { forAlarmsOf, topicKey } from './keys.ts';

/** What people subscribe to. The topics outlive the stack: a subscription is confirmed by a person, once. */
export class Topics extends Construct {
  /** What happens at a plant: alarms raised and cleared, exceedances taken back, the daily self-test. */
  readonly notices: Topic;
  /** Alarms that nobody answered. */
  readonly escalations: Topic;
  /** Alarms of the system itself, by CloudWatch. */
  readonly operations: Topic;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const key = topicKey(this, 'Key');
    this.notices = this.topic('Notices', 'EmissionWatch', key);
    this.escalations = this.topic('Escalations', 'EmissionWatch unanswered', key);
    this.operations = this.topic('Operations', 'EmissionWatch system', key);
    this.operations.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.operations.topicArn],
        conditions: forAlarmsOf(Stack.of(this)),
      }),
    );
    this.subscribe(addressesOf(this.node.tryGetContext('notify')));
  }

  private topic(id: string, displayName: string, masterKey: IKey): Topic {
    const topic = new Topic(this, id, { displayName, masterKey, enforceSSL: true });
    topic.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return topic;
  }

  private subscribe(addresses: readonly string[]): void {
    if (addresses.length === 0) return;
    const deadLetterQueue = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledgeLastQueue(deadLetterQueue, 'it is itself the dead-letter queue, of the subscriptions by e-mail');
    for (const topic of [this.notices, this.escalations, this.operations])
      for (const address of addresses) topic.addSubscription(new EmailSubscription(address, { deadLetterQueue }));
  }
}

/** Lets `role` publish to the topic, and to no other. */
export const allowPublishing = (role: IRole, topic: ITopic): void => {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      // SNS reuses a data key for some minutes: then it decrypts the one it has.
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: [topic.masterKey!.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `sns.${Stack.of(role).region}.amazonaws.com` } },
    }),
  );
};
