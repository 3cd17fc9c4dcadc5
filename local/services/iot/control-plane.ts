import type { Guard } from '../iam/guard.ts';
import type { RestRoutes } from '../rest.ts';
import type { KeyedCertificate } from './certificates.ts';
import { certificateRoutes } from './control/certificates.ts';
import { jobRoutes } from './control/jobs.ts';
import { thingRoutes } from './control/things.ts';
import type { Jobs } from './jobs.ts';
import type { DeviceRegistry } from './registry.ts';

export interface ControlOptions {
  readonly registry: DeviceRegistry;
  readonly authority: KeyedCertificate;
  readonly jobs: Jobs;
  readonly guard: Pick<Guard, 'check'>;
  /** `arn:aws:iot:REGION:ACCOUNT:` */
  readonly arnPrefix: string;
  readonly policyNames: readonly string[];
  /** Where devices connect: on AWS a host name, here with the port, which is not 8883. */
  readonly endpointAddress: () => string;
  /** Ends the connections of certificates that may do less than before. */
  readonly disconnect: (certificateIds: readonly string[]) => void;
}

/** Operations of AWS IoT's control plane that the product uses. */
export const controlRoutes = (options: ControlOptions): RestRoutes => ({
  ...certificateRoutes(options),
  ...thingRoutes(options),
  ...jobRoutes(options),
  'GET /endpoint': ({ caller }) => {
    options.guard.check(caller, 'iot:DescribeEndpoint', '*');
    return { endpointAddress: options.endpointAddress() };
  },
});
