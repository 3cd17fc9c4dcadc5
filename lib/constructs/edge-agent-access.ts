import { Stack } from 'aws-cdk-lib';
import { CfnPolicy, CfnThingType } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';

export interface EdgeAgentAccessProps {
  readonly ruleName: string;
}

/**
 * What an edge agent's certificate may do: connect as its own thing, publish its own facility's minutes to the rule, and
 * hear commands meant for it. The facility is an attribute of the thing, set by whoever registers it.
 */
export class EdgeAgentAccess extends Construct {
  readonly thingTypeName: string;
  readonly policyName: string;

  constructor(scope: Construct, id: string, { ruleName }: EdgeAgentAccessProps) {
    super(scope, id);
    const thing = `\${iot:Connection.Thing.ThingName}`;
    const facility = `\${iot:Connection.Thing.Attributes[facility]}`;
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'iot', resource, resourceName });
    const commands = `emissionwatch/v1/commands/${thing}`;
    const minutes = `$aws/rules/${ruleName}/emissionwatch/v1/${facility}/${thing}/minutes`;

    this.thingTypeName = new CfnThingType(this, 'ThingType', {
      thingTypeProperties: {
        thingTypeDescription: 'EmissionWatch edge agent, one for each facility',
        searchableAttributes: ['facility'],
      },
    }).ref;
    this.policyName = new CfnPolicy(this, 'DevicePolicy', {
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'iot:Connect',
            Resource: arn('client', thing),
            Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
          },
          { Effect: 'Allow', Action: 'iot:Publish', Resource: arn('topic', minutes) },
          { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn('topicfilter', commands) },
          { Effect: 'Allow', Action: 'iot:Receive', Resource: arn('topic', commands) },
        ],
      },
    }).ref;
  }
}
