import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { decode } from '../../edge-agent/message/encode.ts';
import { startAgentProcess } from './agent-process.ts';
import { makeCertificates } from './certificates.ts';
import { csvOf } from './epa-data.ts';
import { minuteSet } from './fakes.ts';
import { type Answer, type Received, startBroker } from './mqtt-broker.ts';
import { replayPlan } from './replay-plan.ts';
import { temporaryFolder } from './temporary.ts';

let certificates: Awaited<ReturnType<typeof makeCertificates>>;
beforeAll(async () => {
  certificates = await makeCertificates('edge-7953');
});
afterAll(() => certificates.remove());

const HOURS = Array.from({ length: 48 }, (_, i) => ({
  date: i < 24 ? '01-23-2018' : '01-24-2018',
  hour: i % 24,
  time: i % 24 < 5 ? '0' : '1',
}));

const setUp = async (answer: (received: Received, count: number) => Answer, change: object = {}) => {
  const broker = await startBroker(certificates, answer);
  onTestFinished(() => broker.stop());
  const folder = temporaryFolder();
  const { caFile, certificateFile, keyFile } = certificates;
  writeFileSync(join(folder, 'hours.csv'), csvOf([...HOURS, '"broken"']));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(replayPlan(7953, ['CT1'])));
  const config = {
    facility: '7953',
    thing: 'edge-7953',
    endpoint: { host: '127.0.0.1', port: broker.port, caFile },
    certificateFile,
    keyFile,
    ruleName: 'ingest',
    bufferFolder: 'buffer',
    planFile: 'plan.json',
    flowControl: 'none',
    exitWhenDone: true,
    source: { kind: 'replay', files: ['hours.csv'] },
    ...change,
  };
  const file = join(folder, 'agent.json');
  writeFileSync(file, JSON.stringify(config));
  return { broker, file };
};

const start = (...given: Parameters<typeof startAgentProcess>) => startAgentProcess(...given).ended;

const minutesOf = (received: readonly Received[]) => received.map(({ payload }) => decode(payload));

describe('the agent as a process', () => {
  it('replays a file, says what it does in lines of JSON, and ends with 0 when all is acknowledged', async () => {
    const { broker, file } = await setUp(() => 0);
    const { code, events, errors } = await start(['--config', file]);
    expect(errors).toBe('');
    expect(code).toBe(0);
    const kinds = events.map(({ event }) => event).filter((event) => event !== 'progress');
    expect(kinds).toEqual(['unreadable', 'started', 'connected', 'done']);
    expect(events[0]).toMatchObject({ line: 50, reason: 'expected 24 columns as in the header, got 1' });
    expect(events.at(-1)).toMatchObject({
      producedMinutes: 2881,
      acknowledgedMinutes: 2881,
      totalMinutes: 2881,
      samples: 8640,
    });
    expect(minuteSet(minutesOf(broker.received))).toHaveLength(2880);
  });

  it('sends every minute in spite of being killed again and again', { timeout: 60_000 }, async () => {
    // The cloud acknowledges ten messages a run, then keeps silent; the process is killed as soon as it waits.
    let run = 0;
    let inRun = 0;
    const acknowledged: Received[] = [];
    let kill = () => {};
    const { file } = await setUp((received) => {
      if (run < 3 && ++inRun > 10) {
        setTimeout(kill, 30);
        return 'never';
      }
      acknowledged.push(received);
      return 0;
    });
    for (run = 0; run < 3; run++) {
      inRun = 0;
      const { signal } = await start(['--config', file], (_, child) => {
        kill = () => void child.kill('SIGKILL');
      });
      expect(signal).toBe('SIGKILL');
    }
    const { code } = await start(['--config', file]);
    expect(code).toBe(0);
    const { broker, file: undisturbed } = await setUp(() => 0);
    await start(['--config', undisturbed]);
    expect(minuteSet(minutesOf(acknowledged))).toEqual(minuteSet(minutesOf(broker.received)));
  });

  it('has nothing more to send when it is started again on the same file', async () => {
    const { broker, file } = await setUp(() => 0);
    await start(['--config', file]);
    const sent = broker.received.length;
    const { code, events } = await start(['--config', file]);
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'done', acknowledgedMinutes: 2881, samples: 0 });
    expect(broker.received).toHaveLength(sent);
  });

  it('ends with 0 on SIGTERM, and keeps what was not acknowledged', async () => {
    const { file } = await setUp(() => 'never');
    const { code, events } = await start(['--config', file], ({ event }, child) => {
      if (event === 'progress') child.kill('SIGTERM');
    });
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: 'stopped', acknowledgedMinutes: 0, producedMinutes: 2881 });
  });

  it('runs several facilities, each over its own connection', async () => {
    const one = await setUp(() => 0);
    const plan = { ...replayPlan(7953, ['CT1']), facility: 'other' };
    const other = await setUp(() => 0, { facility: 'other', thing: 'edge-other', planFile: 'other.json' });
    writeFileSync(join(other.file, '../other.json'), JSON.stringify(plan));
    const { code, events } = await start(['--config', one.file, '--config', other.file]);
    expect(code).toBe(0);
    const done = events.filter(({ event }) => event === 'done');
    expect(done).toHaveLength(2);
    expect(minuteSet(minutesOf(other.broker.received))).toEqual(minuteSet(minutesOf(one.broker.received)));
  });

  it('ends with 1 and a sentence when it cannot start', async () => {
    expect(await start(['--config', '/nowhere.json'])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/cannot read \/nowhere\.json/),
    });
    expect(await start([])).toMatchObject({ code: 2, errors: expect.stringMatching(/expected --config FILE/) });
    const { file } = await setUp(() => 0, { source: { kind: 'replay', files: ['none.csv'] } });
    expect(await start(['--config', file])).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/cannot read .*none\.csv: ENOENT/),
    });
  });

  it('ends with 2 on a command line that cannot be used', async () => {
    expect(await start(['--nonsense'])).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/Unknown option '--nonsense'/),
    });
    expect(await start(['simulate', '--plan', 'edge-agent/sources/simulator/plant.plan.json'])).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/expected --from/),
    });
  });

  it('takes files from where npm was called', async () => {
    const { file } = await setUp(() => 0);
    vi.stubEnv('INIT_CWD', dirname(file));
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await start(['--config', basename(file)])).toMatchObject({ code: 0, errors: '' });
  });

  it.each([['--help'], ['provision', '--help'], ['simulate', '--help']])(
    'explains %s in 80 columns',
    async (...args) => {
      const { code, text } = await start(args);
      expect(code).toBe(0);
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );

  it('says in its help that minutes are reconstructed and hours are real', async () => {
    const { code, text } = await start(['--help']);
    expect(code).toBe(0);
    expect(text).toMatch(/the hours are real,\s+the minutes are not/);
  });
});
