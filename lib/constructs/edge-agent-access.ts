import { Stack } from 'aws-cdk-lib';
import { CfnPolicy, CfnThingType } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';

export interface EdgeAgentAccessProps {
  readonly ruleName: string;
  /** Name of the fleet provisioning template. */
  readonly templateName: string;
}

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: readonly string[];
  readonly Condition?: object;
}

/**
 * What certificates may do over MQTT.
 *
 * A device's certificate: connect as its own thing, publish its own facility's minutes to the rule, hear commands meant
 * for it, do its own jobs, keep its own shadow, and ask for the certificate that is to replace its own. The facility is
 * an attribute of the thing, set when the thing is provisioned.
 *
 * A claim certificate, which many new devices share: ask for a certificate, and nothing else.
 */
export class EdgeAgentAccess extends Construct {
  readonly thingTypeName: string;
  readonly devicePolicyName: string;
  readonly devicePolicyArn: string;
  readonly claimPolicyName: string;

  constructor(scope: Construct, id: string, { ruleName, templateName }: EdgeAgentAccessProps) {
    super(scope, id);
    const thing = `\${iot:Connection.Thing.ThingName}`;
    const facility = `\${iot:Connection.Thing.Attributes[facility]}`;
    const minutes = `$aws/rules/${ruleName}/emissionwatch/v1/${facility}/${thing}/minutes`;
    const commands = `emissionwatch/v1/commands/${thing}`;
    const own = `$aws/things/${thing}`;
    const requests = [
      '$aws/certificates/create-from-csr/json',
      `$aws/provisioning-templates/${templateName}/provision/json`,
    ];
    // A policy has at most 2,048 characters, too few to list "accepted" and "rejected" of each request. Nothing else
    // comes to these topics, and IoT answers the connection that asked, and no other.
    const answers = requests.map((topic) => `${topic}/*`);
    // Jobs, shadow and their answers: whatever the asterisk stands for, it stays with this thing.
    const heard = [commands, `${own}/*`, ...answers];

    this.thingTypeName = new CfnThingType(this, 'ThingType', {
      thingTypeProperties: {
        thingTypeDescription: 'EmissionWatch edge agent, one for each facility',
        searchableAttributes: ['facility'],
      },
    }).ref;

    const device = this.policy('DevicePolicy', [
      {
        ...this.allow('Connect', 'client', [thing]),
        Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
      },
      // The id of a job is part of its topics, and nobody knows it before there is one.
      this.allow('Publish', 'topic', [minutes, `${own}/jobs/*`, `${own}/shadow/update`, ...requests]),
      this.allow('Subscribe', 'topicfilter', heard),
      this.allow('Receive', 'topic', heard),
    ]);
    this.devicePolicyName = device.ref;
    this.devicePolicyArn = device.attrArn;

    this.claimPolicyName = this.policy('ClaimPolicy', [
      // A device that has no thing yet names itself; the prefix keeps it apart from every thing.
      this.allow('Connect', 'client', ['claim-*']),
      this.allow('Publish', 'topic', requests),
      this.allow('Subscribe', 'topicfilter', answers),
      this.allow('Receive', 'topic', answers),
    ]).ref;
  }

  private policy(id: string, Statement: readonly Statement[]): CfnPolicy {
    return new CfnPolicy(this, id, { policyDocument: { Version: '2012-10-17', Statement } });
  }

  private allow(action: string, resource: string, names: readonly string[]): Statement {
    const stack = Stack.of(this);
    return {
      Effect: 'Allow',
      Action: `iot:${action}`,
      Resource: names.map((resourceName) => stack.formatArn({ service: 'iot', resource, resourceName })),
    };
  }
}
