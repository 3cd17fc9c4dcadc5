import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '#adapters/data-api';
import { type BenchCloud, startPublisher, withCloud } from './cloud.ts';
import { figure } from './figure.ts';
import type { Published } from './publisher.ts';
import { CHANNELS, SOURCES } from './workload.ts';

const FACILITIES = 200;
const MINUTE_MS = 60_000;
/** Cold starts are a figure of their own. */
const WARM_UP_MS = 15_000;
const MEASURED_MS = 90_000;
/** A look costs the database little, and makes the figure too high by less than this. */
const LOOK_EVERY_MS = 25;
const GIVE_UP_AFTER_MS = 20_000;

/** From an agent's publish to the minute in the database, when 200 facilities send one message a minute. */
export const benchLive = async (root: string): Promise<void> =>
  withCloud({ root, facilities: FACILITIES, context: {} }, measure);

const measure = async (bench: BenchCloud): Promise<void> => {
  // The first message of each facility is about the minute before last.
  const start = (Math.floor(Date.now() / MINUTE_MS) - 2) * MINUTE_MS;
  const minutes = Math.ceil((WARM_UP_MS + MEASURED_MS) / MINUTE_MS);
  const publisher = await startPublisher(bench, { minutes, start, live: { forMs: WARM_UP_MS + MEASURED_MS } });
  try {
    const sent = new Map<string, number>();
    let firstSent: number | undefined;
    publisher.on('message', ({ facility, message, at }: Published) => {
      firstSent ??= at;
      // A watermark is the minute after the last one that is stored.
      sent.set(`${facility} ${start / MINUTE_MS + message + 1}`, at);
    });
    let ended = false;
    const end = once(publisher, 'exit').then(([code]) => {
      ended = true;
      if (code !== 0) throw new Error(`the publisher ended with ${code}`);
    });
    publisher.send('go');

    const seen = new Map<string, number>();
    for (let giveUp = Number.POSITIVE_INFINITY; !ended || seen.size < sent.size; await sleep(LOOK_EVERY_MS)) {
      for (const watermark of await watermarks(bench.database))
        if (!seen.has(watermark)) seen.set(watermark, Date.now());
      if (ended && giveUp === Number.POSITIVE_INFINITY) giveUp = Date.now() + GIVE_UP_AFTER_MS;
      if (Date.now() > giveUp) throw new Error(`${sent.size - seen.size} of ${sent.size} messages were never stored`);
    }
    await end;

    const waits = [...sent]
      .filter(([, at]) => at >= firstSent! + WARM_UP_MS)
      .map(([watermark, at]) => (seen.get(watermark)! - at) / 1000)
      .sort((a, b) => a - b);
    const share = (part: number) => waits[Math.ceil(part * waits.length) - 1]!;
    const rounded = (seconds: number) => Number(seconds.toFixed(2));
    figure('publish to stored minute, 95th percentile', share(0.95), 's', {
      goal: 1.5,
      median: rounded(share(0.5)),
      longest: rounded(share(1)),
      messages: waits.length,
      samplesPerSecond: Math.round((waits.length * SOURCES * CHANNELS.length) / (MEASURED_MS / 1000)),
      boundBy:
        'one processor shared by all parts; on AWS add up to 1 s for each of two streams, into which Lambda looks once a second',
    });
  } finally {
    publisher.kill();
  }
};

/** A facility's watermark moves in the statement that stores its minutes. */
const watermarks = async ({ execute }: Database): Promise<string[]> => {
  const rows = await execute('select facility, watermark from facility_clock');
  return rows.map(([facility, watermark]) => `${facility} ${watermark}`);
};
