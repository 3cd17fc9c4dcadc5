import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnProvisioningTemplate } from 'aws-cdk-lib/aws-iot';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { AdmitDeviceEnv } from '../../functions/admit-device/env.ts';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';
import type { DeviceTable } from './device-table.ts';
import type { EdgeAgentAccess } from './edge-agent-access.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { unboundedPolicy } from './unbounded-policy.ts';

/** Fixed, because agents ask for their certificates on topics that carry it. */
export const TEMPLATE_NAME = 'EmissionWatchEdgeAgent';

export interface DeviceProvisioningProps {
  readonly devices: DeviceTable;
  readonly agents: EdgeAgentAccess;
  readonly ruleName: string;
  readonly logKey: IKey;
}

/**
 * How a device becomes a thing with a certificate of its own, by fleet provisioning: it connects with a claim
 * certificate, sends a signing request for a key that never leaves it, and asks for the template to be applied. The hook
 * decides by the allow-list, and says which thing and which facility the device is. A certificate is replaced in the
 * same way, over the connection with the one to be replaced. Once the agent is connected with the new one and has said
 * that its rotation job is done, `ew device rotate` makes the old one inactive: had the hook done so, it would cut off
 * an agent that has not received the new one yet.
 *
 * The claim certificate is not made here, for its private key would lie in a template. `ew device claim` creates one and
 * attaches the claim policy to it.
 */
export class DeviceProvisioning extends Construct {
  readonly templateName = TEMPLATE_NAME;

  constructor(scope: Construct, id: string, { devices, agents, ruleName, logKey }: DeviceProvisioningProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const templateArn = stack.formatArn({
      service: 'iot',
      resource: 'provisioningtemplate',
      resourceName: TEMPLATE_NAME,
    });
    const admission = new DeviceAdmission(this, 'AdmitDevice', { devices, logKey });
    admission.alias.addPermission('ProvisioningTemplate', {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceArn: templateArn,
      sourceAccount: stack.account,
    });

    const template = new CfnProvisioningTemplate(this, 'Template', {
      templateName: TEMPLATE_NAME,
      templateType: 'FLEET_PROVISIONING',
      description: 'edge agents that are on the allow-list',
      enabled: true,
      provisioningRoleArn: this.provisioner(templateArn, agents).roleArn,
      preProvisioningHook: { payloadVersion: '2020-04-01', targetArn: admission.alias.functionArn },
      templateBody: stack.toJsonString(body(agents, ruleName)),
    });
    template.node.addDependency(admission);
  }

  /** What AWS IoT does in our name when it applies the template, and no more: not its own policy, which is for every template. */
  private provisioner(templateArn: string, agents: EdgeAgentAccess): Role {
    const stack = Stack.of(this);
    const arn = (resource: string, resourceName: string) => stack.formatArn({ service: 'iot', resource, resourceName });
    const role = new Role(this, 'Provisioner', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: { 'aws:SourceArn': templateArn },
        },
      }),
    });
    const statements: readonly (readonly [string[], string])[] = [
      [['iot:CreateThing', 'iot:DescribeThing', 'iot:UpdateThing'], arn('thing', '*')],
      [['iot:DescribeThingType'], arn('thingtype', agents.thingTypeName)],
      [['iot:DescribeCertificate', 'iot:UpdateCertificate', 'iot:AttachPolicy'], arn('cert', '*')],
      [['iot:GetPolicy'], agents.devicePolicyArn],
    ];
    for (const [actions, resource] of statements)
      role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    role.addManagedPolicy(unboundedPolicy(this, 'ThingPrincipals', 'iot:AttachThingPrincipal'));
    acknowledgeOwnPolicy(role);
    const iot = 'arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>';
    Validations.of(role).acknowledge(
      {
        id: `AwsSolutions-IAM5[Resource::${iot}:thing/*]`,
        reason:
          'things come to be when devices are provisioned; AWS IoT alone takes this role on, for this template alone',
      },
      {
        id: `AwsSolutions-IAM5[Resource::${iot}:cert/*]`,
        reason: 'the id of a certificate is its checksum, so that no policy can name it before it exists',
      },
    );
    return role;
  }
}

/** Serial number and certificate are the device's; thing and facility can only come from the hook. */
const body = ({ thingTypeName, devicePolicyName }: EdgeAgentAccess, ruleName: string) => ({
  Parameters: {
    SerialNumber: { Type: 'String' },
    ThingName: { Type: 'String' },
    Facility: { Type: 'String' },
    'AWS::IoT::Certificate::Id': { Type: 'String' },
  },
  Resources: {
    thing: {
      Type: 'AWS::IoT::Thing',
      Properties: {
        ThingName: { Ref: 'ThingName' },
        ThingTypeName: thingTypeName,
        AttributePayload: { facility: { Ref: 'Facility' }, serialNumber: { Ref: 'SerialNumber' } },
      },
      OverrideSettings: { AttributePayload: 'REPLACE', ThingTypeName: 'REPLACE' },
    },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' },
    },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: devicePolicyName } },
  },
  DeviceConfiguration: { facility: { Ref: 'Facility' }, ruleName },
});

/** The hook. AWS IoT waits five seconds for it, and then refuses the device. */
class DeviceAdmission extends PipelineFunction {
  readonly alias: Alias;

  constructor(
    scope: Construct,
    id: string,
    { devices, logKey }: { readonly devices: DeviceTable; readonly logKey: IKey },
  ) {
    super(scope, id, {
      folder: 'admit-device',
      memorySize: 512,
      timeout: Duration.seconds(5),
      // Of a park that is provisioned all at once some are refused; `edge provision` may be repeated.
      reservedConcurrency: 2,
      afterFailure: 'AWS IoT waits for the answer, and without one refuses the device, which may ask again',
      environment: { DEVICES_TABLE: devices.tableName } satisfies Record<AdmitDeviceEnv, string>,
      logKey,
    });
    devices.allowAdmitting(this.role);
    this.alias = this.live();
  }
}
