import { createPublicKey, randomUUID } from 'node:crypto';
import { certificateIdOf, createAuthority, issueDevice, issueServer } from '../../local/services/iot/certificates.ts';
import { type Answer, type Client, type Received, startBroker } from './mqtt-broker.ts';
import { sign } from './sign.ts';

interface Device {
  thing: string;
  facility: string;
  /** In force; the first one connects with the claim. */
  certificates: Set<string>;
}

/** What may happen to a request instead of its answer. */
export type Loss = 'lost' | 'refused' | undefined;

export interface DeviceCloudOptions {
  readonly answer?: (received: Received, count: number) => Answer;
  /** The fate of the n-th request (from 1) of a kind: `create`, `register`, `shadow`, `start-next`, `update`. */
  readonly fate?: (kind: string, count: number) => Loss;
}

/**
 * A stand-in for what AWS IoT is to an agent: certificates from signing requests, an allow-list, shadows, jobs and
 * commands, over MQTT and mutual TLS, in the documented shapes. A certificate that is not in force cannot connect.
 */
export const startDeviceCloud = async ({ answer = () => 0, fate = () => undefined }: DeviceCloudOptions = {}) => {
  const authority = await createAuthority();
  const server = await issueServer(authority);
  const claim = await issueDevice(authority, 'claim');
  const claimId = certificateIdOf(claim.certificate);
  const devices = new Map<string, Device>();
  const tokens = new Map<string, string>();
  const shadows: { thing: string; reported: Record<string, unknown> }[] = [];
  const jobs: { id: string; document: unknown; status: string; history: string[]; over: string[] }[] = [];
  const csrs: string[] = [];
  const counts = new Map<string, number>();

  const counted = (kind: string): Loss => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return fate(kind, count);
  };

  const create = async ({ certificateSigningRequest }: { certificateSigningRequest: string }) => {
    csrs.push(certificateSigningRequest);
    const certificatePem = await sign(authority, certificateSigningRequest);
    const certificateOwnershipToken = randomUUID();
    tokens.set(certificateOwnershipToken, certificateIdOf(certificatePem));
    return { certificateId: certificateIdOf(certificatePem), certificatePem, certificateOwnershipToken };
  };

  const refusal = (errorMessage: string) => ({ statusCode: 403, errorCode: 'AccessDenied', errorMessage });

  const register = (
    {
      certificateOwnershipToken,
      parameters,
    }: { certificateOwnershipToken: string; parameters: { SerialNumber: string } },
    by: string,
  ) => {
    const device = devices.get(parameters.SerialNumber);
    const certificate = tokens.get(certificateOwnershipToken);
    if (!device || !certificate) return refusal('the hook does not allow it');
    // As the hook: the first time with the claim, then with the latest certificate, or for the same one again.
    const latest = [...device.certificates].at(-1);
    if (certificate !== latest && by !== (latest ?? claimId)) return refusal('the hook does not allow it');
    device.certificates.add(certificate);
    return { thingName: device.thing, deviceConfiguration: { facility: device.facility, ruleName: 'ingest' } };
  };

  const respond = (client: Client, topic: string, reply: Record<string, unknown>, token?: string) => {
    const verdict = 'errorCode' in reply || 'code' in reply ? 'rejected' : 'accepted';
    broker.publish(
      client.clientId,
      `${topic}/${verdict}`,
      JSON.stringify({ ...reply, ...(token === undefined ? {} : { clientToken: token }) }),
    );
  };

  const next = () => jobs.find(({ status }) => status === 'IN_PROGRESS' || status === 'QUEUED');

  const serve = async ({ topic, payload }: Received, client: Client): Promise<void> => {
    const request = JSON.parse(payload.toString()) as Record<string, never> & { clientToken?: string };
    const token = request.clientToken;
    const [kind, work]: [string, () => Record<string, unknown> | Promise<Record<string, unknown>>] =
      topic === '$aws/certificates/create-from-csr/json'
        ? ['create', () => create(request as never)]
        : topic === '$aws/provisioning-templates/EmissionWatchEdgeAgent/provision/json'
          ? ['register', () => register(request as never, client.certificateId)]
          : topic.endsWith('/shadow/update')
            ? ['shadow', () => shadow(client.clientId, request as never)]
            : topic.endsWith('/jobs/start-next')
              ? ['start-next', startNext]
              : ['update', () => update(topic, request as never, client.certificateId)];
    const loss = counted(kind);
    if (loss === 'refused')
      return respond(client, topic, { ...refusal('refused by the test'), code: 'Refused' }, token);
    const reply = await work();
    if (loss !== 'lost') respond(client, topic, reply, token);
  };

  const shadow = (thing: string, { state }: { state: { reported: Record<string, unknown> } }) => {
    shadows.push({ thing, reported: state.reported });
    return { state, version: shadows.length, timestamp: 0 };
  };

  const startNext = () => {
    const job = next();
    if (!job) return { timestamp: 0 };
    job.status = 'IN_PROGRESS';
    return { execution: { jobId: job.id, jobDocument: job.document, status: job.status }, timestamp: 0 };
  };

  const update = (topic: string, { status }: { status: string }, by: string) => {
    const job = jobs.find(({ id }) => id === topic.split('/').at(-2));
    if (!job || !next()) return { code: 'TerminalStateReached', message: 'no such job' };
    job.status = status;
    job.history.push(status);
    job.over.push(by);
    // What `ew device rotate` does when the job is done.
    if (status === 'SUCCEEDED')
      for (const { certificates } of devices.values())
        if (certificates.has(by)) for (const one of certificates) if (one !== by) certificates.delete(one);
    return { timestamp: 0 };
  };

  const broker = await startBroker({ ca: authority.certificate, server }, answer, {
    admits: ({ certificateId, clientId }) =>
      certificateId === claimId
        ? clientId.startsWith('claim-')
        : [...devices.values()].some(
            ({ thing, certificates }) => thing === clientId && certificates.has(certificateId),
          ),
    service: (received, client) => void serve(received, client),
  });

  return {
    broker,
    authority,
    claim,
    claimId,
    devices,
    shadows,
    jobs,
    csrs,
    /** How often each kind of request came. */
    counts,
    addDevice(serialNumber: string, thing: string, facility: string) {
      devices.set(serialNumber, { thing, facility, certificates: new Set() });
    },
    /** Puts a certificate in force that was made by hand. */
    async giveCertificate(serialNumber: string) {
      const device = devices.get(serialNumber)!;
      const pair = await issueDevice(authority, device.thing);
      device.certificates.add(certificateIdOf(pair.certificate));
      return pair;
    },
    addJob(thing: string, id: string, document: unknown) {
      jobs.push({ id, document, status: 'QUEUED', history: [], over: [] });
      broker.publish(thing, `$aws/things/${thing}/jobs/notify-next`, JSON.stringify({ execution: { jobId: id } }));
    },
    command: (thing: string, command: unknown) =>
      broker.publish(thing, `emissionwatch/v1/commands/${thing}`, JSON.stringify(command)),
    /** May this certificate connect? */
    isInForce: (certificate: string) =>
      [...devices.values()].some(({ certificates }) => certificates.has(certificateIdOf(certificate))),
    publicKeyOf: (certificate: string) => createPublicKey(certificate).export({ type: 'spki', format: 'pem' }),
    stop: () => broker.stop(),
  };
};

export type DeviceCloud = Awaited<ReturnType<typeof startDeviceCloud>>;
