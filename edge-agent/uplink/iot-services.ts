import { iotidentity, iotjobs, iotshadow, type mqtt5 } from 'aws-iot-device-sdk-v2';
import type { Identity } from '../certificate/identity.ts';
import { CloudRefusal, type Control } from './control.ts';

/** Fleet provisioning asks for a certificate with this template, which the deployment creates. */
const TEMPLATE = 'EmissionWatchEdgeAgent';

/** Each request listens for "accepted" and "rejected"; one of each kind is under way at a time. */
const CLIENT = { maxRequestResponseSubscriptions: 4, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 20 };

interface Refused {
  readonly code?: string;
  readonly message?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** Makes requests, and tells "the answer is no" from "there is no answer". */
interface Requests {
  ask<T>(what: string, request: () => Promise<T>): Promise<T>;
  /** Requests that wait reject. The SDK would leave them waiting for ever when its client is closed. */
  close(): void;
}

const requests = (): Requests => {
  const open = new Set<(error: Error) => void>();
  return {
    ask: (what, request) =>
      new Promise((resolve, reject) => {
        open.add(reject);
        request()
          .then(resolve, (cause: unknown) => reject(failureOf(what, cause)))
          .finally(() => open.delete(reject));
      }),
    close() {
      for (const reject of open) reject(new Error('the connection was closed before the cloud had answered'));
    },
  };
};

const failureOf = (what: string, cause: unknown): Error => {
  const { modeledError, internalError, message } = cause as Error & { modeledError?: Refused; internalError?: Error };
  if (!modeledError) return new Error(`${what}: no answer (${internalError?.message ?? message})`, { cause });
  const { errorCode, errorMessage, code, message: refused } = modeledError;
  return new CloudRefusal(errorCode ?? code ?? 'Refused', errorMessage ?? refused ?? `${what} was refused`);
};

/** Services of one connection, to be closed before it. */
interface Closable {
  close(): void;
}

export const identityOver = (client: mqtt5.Mqtt5Client): Identity & Closable => {
  const service = iotidentity.IotIdentityClientv2.newFromMqtt5(client, CLIENT);
  const { ask, close } = requests();
  return {
    async createFromCsr(certificateSigningRequest) {
      const { certificatePem, certificateOwnershipToken } = await ask('the certificate', () =>
        service.createCertificateFromCsr({ certificateSigningRequest }),
      );
      if (!certificatePem || !certificateOwnershipToken)
        throw new Error('the certificate: the answer has no certificate, or no token');
      return { certificate: certificatePem, ownershipToken: certificateOwnershipToken };
    },
    async register(certificateOwnershipToken, SerialNumber) {
      const { thingName, deviceConfiguration } = await ask('the registration', () =>
        service.registerThing({
          templateName: TEMPLATE,
          certificateOwnershipToken,
          parameters: { SerialNumber },
        }),
      );
      if (!thingName) throw new Error('the registration: the answer names no thing');
      return { thing: thingName, facility: deviceConfiguration?.facility, ruleName: deviceConfiguration?.ruleName };
    },
    close() {
      service.close();
      close();
    },
  };
};

export const jobsOver = (
  client: mqtt5.Mqtt5Client,
  thingName: string,
  changed: () => void,
): Pick<Control, 'nextJob' | 'updateJob'> & Closable => {
  const service = iotjobs.IotJobsClientv2.newFromMqtt5(client, CLIENT);
  const { ask, close } = requests();
  const notices = service.createNextJobExecutionChangedStream({ thingName });
  notices.on('incomingPublish', changed);
  notices.open();
  return {
    async nextJob() {
      const { execution } = await ask('the next job', () => service.startNextPendingJobExecution({ thingName }));
      return execution?.jobId ? { id: execution.jobId, document: execution.jobDocument } : undefined;
    },
    async updateJob(jobId, status, reason) {
      await ask(`the job ${jobId}`, () =>
        service.updateJobExecution({
          thingName,
          jobId,
          status: iotjobs.model.JobStatus[status],
          // AWS takes 1,024 characters a detail.
          ...(reason === undefined ? {} : { statusDetails: { reason: reason.slice(0, 1024) } }),
        }),
      );
    },
    close() {
      notices.close();
      service.close();
      close();
    },
  };
};

export const shadowOver = (client: mqtt5.Mqtt5Client, thingName: string): Pick<Control, 'report'> & Closable => {
  const service = iotshadow.IotShadowClientv2.newFromMqtt5(client, CLIENT);
  const { ask, close } = requests();
  return {
    async report(reported) {
      await ask('the report', () => service.updateShadow({ thingName, state: { reported } }));
    },
    close() {
      service.close();
      close();
    },
  };
};
