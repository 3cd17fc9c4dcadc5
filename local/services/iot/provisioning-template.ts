import * as z from 'zod';

/** A resolved AWS::IoT::ProvisioningTemplate for fleets. */
export interface ProvisioningTemplate {
  readonly templateName: string;
  readonly arn: string;
  readonly enabled: boolean;
  readonly body: string;
  readonly roleArn: string;
  /** Function that is asked first. @default nobody is asked */
  readonly hookArn?: string;
}

/** What a template makes of the parameters of one device. */
export interface Provision {
  readonly thing: {
    readonly thingName: string;
    readonly thingTypeName: string | undefined;
    readonly attributes: Readonly<Record<string, string>>;
  };
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly certificateId: string;
  readonly policyName: string;
  readonly deviceConfiguration: Readonly<Record<string, string>>;
}

export interface CompiledTemplate extends ProvisioningTemplate {
  /** @throws Error that names a parameter without a value */
  fill(parameters: Readonly<Record<string, string>>): Provision;
}

/** The parameter by which AWS IoT tells a template the certificate. */
export const CERTIFICATE_PARAMETER = 'AWS::IoT::Certificate::Id';

const text = z.union([z.string(), z.strictObject({ Ref: z.string() })]);
type Text = z.infer<typeof text>;

// Strict: what a template may have and is not done here is refused, not ignored.
const body = z.strictObject({
  Parameters: z.record(z.string(), z.strictObject({ Type: z.literal('String'), Default: z.string().optional() })),
  Resources: z.strictObject({
    thing: z.strictObject({
      Type: z.literal('AWS::IoT::Thing'),
      Properties: z.strictObject({
        ThingName: text,
        ThingTypeName: text.optional(),
        AttributePayload: z.record(z.string(), text).default({}),
      }),
      OverrideSettings: z.strictObject({
        AttributePayload: z.literal('REPLACE', 'attributes of a thing that exists are only replaced here'),
        ThingTypeName: z.literal('REPLACE', 'the type of a thing that exists is only replaced here'),
      }),
    }),
    certificate: z.strictObject({
      Type: z.literal('AWS::IoT::Certificate'),
      Properties: z.strictObject({ CertificateId: text, Status: z.enum(['ACTIVE', 'INACTIVE']).default('ACTIVE') }),
    }),
    policy: z.strictObject({
      Type: z.literal('AWS::IoT::Policy'),
      Properties: z.strictObject({ PolicyName: text }),
    }),
  }),
  DeviceConfiguration: z.record(z.string(), text).default({}),
});

const parsed = (json: string) => {
  const result = body.safeParse(JSON.parse(json));
  if (!result.success) throw new Error(z.prettifyError(result.error));
  return result.data;
};

/** @throws Error for a template that uses anything the local cloud does not do */
export const compileTemplate = (template: ProvisioningTemplate): CompiledTemplate => {
  try {
    const { Parameters, Resources, DeviceConfiguration } = parsed(template.body);
    const { thing, certificate, policy } = Resources;
    const texts = [
      thing.Properties.ThingName,
      thing.Properties.ThingTypeName,
      ...Object.values(thing.Properties.AttributePayload),
      certificate.Properties.CertificateId,
      policy.Properties.PolicyName,
      ...Object.values(DeviceConfiguration),
    ];
    for (const one of texts)
      if (typeof one === 'object' && !Object.hasOwn(Parameters, one.Ref))
        throw new Error(`it refers to parameter ${one.Ref}, which it does not declare`);

    const fill = (parameters: Readonly<Record<string, string>>): Provision => {
      const value = (of: Text): string => {
        if (typeof of === 'string') return of;
        const given = Object.hasOwn(parameters, of.Ref) ? parameters[of.Ref] : Parameters[of.Ref]!.Default;
        if (given === undefined) throw new Error(`parameter ${of.Ref} has no value`);
        return given;
      };
      const values = (record: Readonly<Record<string, Text>>) =>
        Object.fromEntries(Object.entries(record).map(([name, of]) => [name, value(of)]));
      const { ThingName, ThingTypeName, AttributePayload } = thing.Properties;
      return {
        thing: {
          thingName: value(ThingName),
          thingTypeName: ThingTypeName === undefined ? undefined : value(ThingTypeName),
          attributes: values(AttributePayload),
        },
        status: certificate.Properties.Status,
        certificateId: value(certificate.Properties.CertificateId),
        policyName: value(policy.Properties.PolicyName),
        deviceConfiguration: values(DeviceConfiguration),
      };
    };
    return { ...template, fill };
  } catch (cause) {
    throw new Error(`provisioning template ${template.templateName}: ${(cause as Error).message}`, { cause });
  }
};
