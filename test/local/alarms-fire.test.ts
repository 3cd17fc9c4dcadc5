import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALARM_PREFIX, INGEST_DEGRADED, SYSTEM_ALARMS } from '../../lib/alarms.ts';
import { CAUSES, TOGETHER } from './alarms/causes.ts';
import { type Stage, startStage, titleOf } from './alarms/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
  await stage.minutePasses();
}, 120_000);
afterAll(() => stage?.stop(), 60_000);

/** At most so many steps of the clock until all of them are in this state. */
const PATIENCE = 45;

const until = async (
  names: readonly string[],
  state: 'ALARM' | 'OK',
  step: number,
  doEachMinute: (minute: number) => Promise<unknown>,
): Promise<string[]> => {
  for (let minute = 0; ; minute++) {
    await doEachMinute(minute);
    await stage.minutePasses(step);
    const states = await stage.states();
    const others = names.filter((name) => states.get(name) !== state);
    if (others.length === 0 || minute > PATIENCE) return others;
  }
};

const told = (from: number) =>
  stage.cloud
    .notices()
    .slice(from)
    .filter(({ topicArn }) => topicArn.includes('Operations'))
    .map(
      ({ message }) => JSON.parse(message) as { AlarmName: string; NewStateValue: string; AlarmDescription: string },
    );

const TITLES = [...SYSTEM_ALARMS.map(({ title }) => title), INGEST_DEGRADED.slice(ALARM_PREFIX.length)];
const counted = TITLES.filter((title) => !TOGETHER.flat().includes(title));
const namesOf = (titles: readonly string[]) =>
  titles.flatMap((title) => (`${ALARM_PREFIX}${title}` === INGEST_DEGRADED ? [INGEST_DEGRADED] : stage.namesOf(title)));

describe('every alarm rings for its cause, clears when it is mended, and tells whoever is on call both times', () => {
  it.each([...TOGETHER, counted].map((titles) => ({ titles, together: titles.join(', ') })))(
    '$together',
    async ({ titles }) => {
      for (const title of titles) expect([title, namesOf([title]).length > 0]).toEqual([title, true]);
      const names = namesOf(titles);
      const causes = titles.map((title) => CAUSES[title]!);
      const step = causes[0]!.step ?? 1;
      const mend = async () => {
        for (const { mends } of causes) await mends(stage);
      };
      expect(await until(names, 'OK', step, mend)).toEqual([]);
      const before = stage.cloud.notices().length;
      expect(
        await until(names, 'ALARM', step, async (minute) => {
          for (const { happens } of causes) await happens(stage, minute);
        }),
      ).toEqual([]);
      expect(await until(names, 'OK', step, mend)).toEqual([]);
      const messages = told(before);
      for (const name of names) {
        const own = messages.filter(({ AlarmName }) => AlarmName === name);
        // A schedule that runs by the clock of the wall may end a silence for a while.
        const rings = own.filter((_, i) => i % 2 === 0).map(({ NewStateValue }) => NewStateValue);
        const clears = own.filter((_, i) => i % 2 === 1).map(({ NewStateValue }) => NewStateValue);
        expect([name, own.length > 0, new Set(rings), new Set(clears)]).toEqual([
          name,
          true,
          new Set(['ALARM']),
          new Set(['OK']),
        ]);
        expect([name, rings.length]).toEqual([name, clears.length]);
        expect(own[0]!.AlarmDescription).toMatch(/Runbook: docs\/runbooks\/.+\.md$/);
      }
    },
    120_000,
  );
});

describe('no alarm is left out', () => {
  it('every row of the table has a cause, and every cause a row', () => {
    expect(Object.keys(CAUSES).sort()).toEqual([...TITLES].sort());
    // A row that nothing happens to by itself is played together with one whose cause befalls it, too.
    for (const title of counted) expect([title, CAUSES[title]!.countedBecause]).toEqual([title, expect.any(String)]);
  });

  it('every alarm of the templates belongs to a row, or is read by CodeDeploy while new code takes over', () => {
    const others = stage.alarms.filter(({ name }) => titleOf(name) === undefined);
    for (const { alarmActions, metrics } of others) {
      expect(alarmActions).toEqual([]);
      expect(metrics.some(({ metric }) => 'ExecutedVersion' in metric.dimensions)).toBe(true);
    }
  });

  it('those of CodeDeploy ring and clear as well', async () => {
    const others = stage.alarms.filter(({ name }) => titleOf(name) === undefined);
    const names = others.map(({ name }) => name);
    // Put into the store: whether records really wait longer and longer depends on how fast this machine is.
    const failsAndFallsBehind = async (minute: number) => {
      for (const { metric } of others.flatMap(({ metrics }) => metrics))
        stage.cloud.cloudwatch.metrics.add(metric, metric.name === 'IteratorAge' ? (minute + 1) * 120_000 : 1);
    };
    expect(await until(names, 'ALARM', 1, failsAndFallsBehind)).toEqual([]);
    expect(await until(names, 'OK', 1, async () => {})).toEqual([]);
  });
});
