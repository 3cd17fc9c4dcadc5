import {
  DescribeCertificateCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  type IoTClient,
  paginateListThingPrincipals,
  ResourceNotFoundException,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';

export interface DeviceCertificate {
  readonly certificateId: string;
  readonly arn: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly created: string | null;
  readonly expires: string | null;
}

const idOf = (arn: string): string => arn.split('/').at(-1)!;

export const described = async (iot: IoTClient, arn: string): Promise<DeviceCertificate> => {
  const certificateId = idOf(arn);
  const { certificateDescription } = await iot.send(new DescribeCertificateCommand({ certificateId }));
  const { status, creationDate, validity } = certificateDescription!;
  return {
    certificateId,
    arn,
    status: status!,
    created: creationDate?.toISOString() ?? null,
    expires: validity?.notAfter?.toISOString() ?? null,
  };
};

/**
 * The certificates that a thing may connect with; none when there is no such thing yet.
 * @param except the id of one that is not asked for
 */
export const certificatesOf = async (
  iot: IoTClient,
  thingName: string,
  except?: string,
): Promise<readonly DeviceCertificate[]> => {
  const found: DeviceCertificate[] = [];
  try {
    for await (const { principals = [] } of paginateListThingPrincipals({ client: iot }, { thingName }))
      for (const arn of principals) {
        if (idOf(arn) === except) continue;
        found.push(await described(iot, arn));
      }
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  return found;
};

/**
 * Makes a certificate good for nothing: it opens no connection any more, and if somebody made it active again, it would
 * belong to no thing and have no rights. May be repeated after an interruption.
 */
export const retireCertificate = async (
  iot: IoTClient,
  { thingName, policyName }: { readonly thingName: string; readonly policyName: string },
  { certificateId, arn }: DeviceCertificate,
): Promise<void> => {
  await iot.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }));
  await iot.send(new DetachPolicyCommand({ policyName, target: arn }));
  // Last: as long as it is attached, a repeated command finds it.
  await iot.send(new DetachThingPrincipalCommand({ thingName, principal: arn }));
};
