import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { iotCoreUplink } from '../../../edge-agent/uplink/iot-core.ts';
import type { Uplink } from '../../../edge-agent/uplink/uplink.ts';
import { startTestIot } from '../../local/iot/local-iot.ts';
import { makeCertificates } from '../certificates.ts';
import { eventList } from '../fakes.ts';
import { type Answer, type Received, startBroker } from '../mqtt-broker.ts';

let certificates: Awaited<ReturnType<typeof makeCertificates>>;
beforeAll(async () => {
  certificates = await makeCertificates('edge-7953');
});
afterAll(() => certificates.remove());

const body = (text: string) => gzipSync(JSON.stringify({ text }));

const connect = async (answer: (received: Received, count: number) => Answer) => {
  const broker = await startBroker(certificates, answer);
  const { events, report } = eventList();
  const { caFile, certificateFile, keyFile } = certificates;
  const uplink = iotCoreUplink(
    {
      facility: '7953',
      thing: 'edge-7953',
      endpoint: { host: '127.0.0.1', port: broker.port, caFile },
      certificateFile,
      keyFile,
      ruleName: 'ingest',
      flowControl: 'none',
    },
    report,
  );
  uplink.start();
  let stopped: Promise<void> | undefined;
  const once: Uplink = { ...uplink, stop: () => (stopped ??= uplink.stop()) };
  onTestFinished(async () => {
    await once.stop();
    await broker.stop();
  });
  return { broker, uplink: once, events };
};

describe('the uplink, with the real client, over mutual TLS', () => {
  it('publishes with QoS 1 straight into the rule, as its thing, and hears the acknowledgement', async () => {
    const { broker, uplink, events } = await connect(() => 0);
    expect(await uplink.publish(body('minutes'))).toEqual({ kind: 'acknowledged' });
    const [{ clientId, topic, payload }] = broker.received as [Received];
    expect(clientId).toBe('edge-7953');
    expect(topic).toBe('$aws/rules/ingest/emissionwatch/v1/7953/edge-7953/minutes');
    expect(JSON.parse(gunzipSync(payload).toString())).toEqual({ text: 'minutes' });
    expect(events).toContainEqual({ event: 'connected', facility: '7953' });
  });

  it('has many publishes in flight at once, and gives each its own answer', async () => {
    const { uplink } = await connect(({ payload }) => (gunzipSync(payload).toString().includes('"3"') ? 0x97 : 0));
    const outcomes = await Promise.all(Array.from({ length: 32 }, (_, i) => uplink.publish(body(`${i}`))));
    expect(outcomes.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(31);
    expect(outcomes[3]).toEqual({ kind: 'refused', code: 0x97, reason: 'QuotaExceeded', final: false });
  });

  it('sends again after a lost connection what had not been acknowledged', async () => {
    const { broker, uplink, events } = await connect((_, count) => (count === 1 ? 'cut' : 0));
    expect(await uplink.publish(body('once more'))).toEqual({ kind: 'acknowledged' });
    expect(broker.received).toHaveLength(2);
    expect(broker.received[0]!.payload.equals(broker.received[1]!.payload)).toBe(true);
    expect(events.map(({ event }) => event)).toEqual(['connected', 'disconnected', 'connected']);
  });

  it('sets its own limit from the one that the broker announces: what is longer is never acceptable', async () => {
    const { broker, uplink } = await connect(() => 0);
    const tooLarge = Buffer.alloc(140_000, 'x');
    expect(await uplink.publish(tooLarge)).toMatchObject({ kind: 'refused', code: null, final: true });
    expect(await uplink.publish(body('small'))).toEqual({ kind: 'acknowledged' });
    expect(broker.received).toHaveLength(1);
  });

  it('rejects what is still waiting when it is stopped', async () => {
    const { uplink, broker } = await connect(() => 'never');
    const waiting = uplink.publish(body('unanswered'));
    waiting.catch(() => {});
    while (broker.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await uplink.stop();
    await expect(waiting).rejects.toThrow(/closed before the cloud had answered|USER_REQUESTED_STOP/);
  });

  it('says which file is missing before it connects', () => {
    const options = {
      facility: '1',
      thing: 't',
      ruleName: 'r',
      flowControl: 'aws',
      keyFile: certificates.keyFile,
    } as const;
    expect(() =>
      iotCoreUplink({ ...options, endpoint: { host: 'h', port: 1 }, certificateFile: '/nowhere/thing.pem' }, () => {}),
    ).toThrow(/cannot read certificateFile \/nowhere\/thing.pem: ENOENT/);
  });
});

describe('the uplink against IoT Core of the local cloud', () => {
  it('reaches the stream through policy and topic rule, with facility and thing from the topic', async () => {
    const iot = await startTestIot();
    onTestFinished(() => iot.dispose());
    const files = await iot.registerDevice({ thing: 'edge-7953', facility: '7953', policyName: 'device' });
    const endpoint = { host: iot.host, port: iot.port, caFile: iot.caFile };
    const options = {
      facility: '7953',
      thing: 'edge-7953',
      ruleName: 'ingest',
      flowControl: 'aws',
      endpoint,
      ...files,
    } as const;
    const uplink = iotCoreUplink(options, () => {});
    uplink.start();
    expect(await uplink.publish(body('minutes'))).toEqual({ kind: 'acknowledged' });
    await uplink.stop();
    expect(iot.records).toMatchObject([
      { key: '7953', data: { facility: '7953', thing: 'edge-7953', payload: body('minutes').toString('base64') } },
    ]);
  });
});
