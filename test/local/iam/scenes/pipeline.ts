import { gzipSync } from 'node:zlib';
import { loadTemplates } from '../../../../local/template/templates.ts';
import { eventually } from '../../eventually.ts';
import { connectRaw } from '../../iot/raw-client.ts';
import type { EdgeDevice } from '../edge-device.ts';
import { DAY, FACILITY, type Stage, THING } from '../stage.ts';

const CHANNELS = ['gas', 'nox', 'o2'];

/** Minutes on their way to hours and records, and everything that can become of a message instead. */
export const pipeline = async (stage: Stage, device: EdgeDevice): Promise<void> => {
  const { assembly, cloud, database, putRecord, refuseWrites } = stage;
  const storage = loadTemplates(assembly).outputs()['EmissionWatch-Storage']!;
  const publish = publisher(stage, device);

  // An hour that closes by itself, and a message that is quarantined.
  await publish(message(`${DAY}T00:00Z`, 60), message(`${DAY}T01:00Z`, 20), 'not a message');
  await cloud.settled();

  // An hour that only close-periods computes: nothing more comes from the facility.
  await publish(message(`${DAY}T01:20Z`, 40));
  await cloud.settled();
  await database.execute(`update facility_clock set arrived_at = now() - interval '1 hour'`);
  await cloud.closePeriods();
  await cloud.settled();

  // Each consumer gives a batch up.
  await putRecord(storage.ValidatedStreamName!, 'not a minute');
  await putRecord(storage.EmissionsStreamName!, 'not an hour');
  cloud.disturb({ databaseAway: true });
  await publish('not a message either');
  await cloud.settled();
  cloud.disturb({});

  // Transactions that fail in the middle.
  await refuseWrites('hour', async () => {
    await publish(message(`${DAY}T00:00Z`, 60, 1));
    await cloud.settled();
    await cloud.closePeriods().catch(() => undefined);
  });
  await refuseWrites('compliance_record', async () => {
    await cloud.closePeriods();
    await cloud.settled();
  });

  // The stream takes nothing, so the rule keeps the message.
  cloud.disturb({ streamsAway: true });
  await publish(message(`${DAY}T02:00Z`, 1));
  await eventually(() => cloud.counters().iot.errorActionSuccess === 1);
  cloud.disturb({});
  await cloud.settled();
};

/** Publishes with the certificate of the device. */
const publisher = ({ cloud }: Stage, { certificateFile, keyFile }: EdgeDevice) => {
  const { port, caFile } = cloud.iot;
  const topic = `$aws/rules/emissionwatch_measurements/emissionwatch/v1/${FACILITY}/${THING}/minutes`;
  return async (...texts: readonly string[]) => {
    const client = await connectRaw({ port, caFile, certificateFile, keyFile, clientId: THING });
    await client.publishAll(
      topic,
      texts.map((text) => gzipSync(text)),
    );
    await client.end();
  };
};

const message = (from: string, minutes: number, revision = 0): string => {
  const each = <T>(value: (i: number) => T): T[] => Array.from({ length: minutes }, (_, i) => value(i));
  return JSON.stringify({
    v: 1,
    start: from,
    minutes,
    channels: CHANNELS,
    sources: [
      {
        source: 'S1',
        revision,
        firedSeconds: each(() => 60),
        grossLoad: each(() => 100),
        readings: each((i) => [10_000 + (i % 7), 50 + (i % 3) + revision, 5 + (i % 5) / 10]).flat(),
        statuses: 'V'.repeat(minutes * CHANNELS.length),
      },
    ],
  });
};
