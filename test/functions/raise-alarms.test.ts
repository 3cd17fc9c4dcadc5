import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Execute } from '#adapters/data-api';
import { dataApiAlarms } from '#adapters/data-api-alarms';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { declareOutage } from '#adapters/data-api-outages';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import type { NoticeMessage } from '#core/alarms/notice-message';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { notice } from '#core/contracts/notice';
import type { NoticePublisher } from '#core/ports';
import { hourOfText, minuteOfText, textOfHour } from '#core/time';
import { makeHandler } from '../../functions/raise-alarms/handler.ts';
import { testDatabase } from './database.ts';
import { context } from './events.ts';
import { plant } from './plant.ts';

/** The database has the wall's clock for what arrives, so the test goes by it as well. */
const NOW = Date.now();
const MORNING = NOW - (NOW % 86_400_000) + 3 * 3_600_000;
const START = minuteOfText('2026-01-05T07:00Z');
const HOUR = hourOfText('2026-01-05T07:00Z');

let database: Awaited<ReturnType<typeof testDatabase>>;
let owner: Execute;
let a: number;
beforeAll(async () => {
  database = await testDatabase();
  owner = database.as('owner').execute;
});
afterAll(() => database.stop());
beforeEach(async () => {
  await database.empty();
  await applyPlan(database.as('owner'), plant('P1', ['A', 'B']));
  a = (await dataApiPlans(database.as('owner')).planOf('P1'))!.sourceIds.get('A')!;
});

/** Takes what is published; `refuse` makes it fail. */
const people = () => {
  const messages: NoticeMessage[] = [];
  const state = { refuse: false };
  const publisher: NoticePublisher = {
    publish: async (message) => {
      if (state.refuse) throw new Error('the topic is away');
      messages.push(message);
    },
  };
  const subjects = () => messages.splice(0).map(({ subject }) => subject);
  return { messages, publisher, state, subjects };
};

const alarms = () => dataApiAlarms(database.as('raise_alarms'));

/** The function at a time of the wall, by default in the morning before the daily test. */
const atTime = (publisher: NoticePublisher, now = MORNING, event: unknown = {}) =>
  makeHandler({ alarms: alarms(), publisher, consoleUrl: 'https://console.example', now: () => now })(event, context);

/** Letters of the channels gas, nox and o2, one minute after the other; a minute `off` is one without firing. */
const minutes = async (letters: readonly string[], from = START, source = a) => {
  await dataApiMinutes(database.as('calculate_emissions')).storeMinutes([
    {
      facility: 'P1',
      watermark: from + letters.length,
      minutes: letters.map((statuses, i) => ({
        sourceId: source,
        minute: from + i,
        revision: 0,
        firedSeconds: statuses === 'off' ? 0 : 60,
        grossLoad: null,
        readings: [1, 2, 3],
        statuses: statuses === 'off' ? 'VVV' : statuses,
      })),
    },
  ]);
  await arrivedAt(MORNING);
};

const arrivedAt = (ms: number) =>
  owner('update facility_clock set arrived_at = to_timestamp(cast(:seconds as double precision))', {
    seconds: ms / 1000 + 0.001,
  });

const record = (over: Partial<ComplianceRecord> = {}): ComplianceRecord => ({
  v: 1,
  facility: 'P1',
  source: 'A',
  rule: 'nox-3h',
  parameter: 'noxRate',
  unit: 'lb/mmBtu',
  windowStart: textOfHour(HOUR - 2),
  windowEnd: textOfHour(HOUR),
  operatingHours: 3,
  validHours: 3,
  average: '0.05',
  limit: '0.1',
  citation: 'fictional',
  state: 'within',
  headroom: { nextHour: '0.2', hoursToLimit: null },
  ...over,
});

const window = (hour: number, over: Partial<ComplianceRecord> = {}) =>
  dataApiCompliance(database.as('check_compliance')).withFacilities(['P1'], ({ replaceRecords }) =>
    replaceRecords([
      {
        sourceId: a,
        from: HOUR + hour,
        to: HOUR + hour,
        records: [record({ windowEnd: textOfHour(HOUR + hour), ...over })],
      },
    ]),
  );

const openAlarms = async () =>
  (
    await owner(
      "select kind || ' ' || coalesce(source, '-') || ' ' || subject from alarm where cleared_at is null order by 1",
    )
  ).map(([name]) => name);

describe('alarms', () => {
  it('are raised and told once, with a link, and clear when it is over', async () => {
    const { publisher, messages, subjects } = people();
    await window(0, { average: '0.085' });
    await atTime(publisher);
    expect(messages[0]!.text).toMatch(
      /^P1 A: nox-3h, share of the limit reached\n.*https:\/\/console.example\/#\/alarms\/1\n/s,
    );
    expect(subjects()).toEqual(['[warning] P1 A: nox-3h, share of the limit reached']);
    await atTime(publisher);
    expect(subjects()).toEqual([]);
    await window(1, { average: '0.05' });
    await atTime(publisher);
    expect(subjects()).toEqual(['[information] P1 A: over: nox-3h, share of the limit reached']);
    expect(await openAlarms()).toEqual([]);
  });

  it('are of the newest window: what has passed long ago raises none', async () => {
    const { publisher, subjects } = people();
    for (const [i, average] of ['0.085', '0.095', '0.05'].entries()) await window(i, { average });
    await atTime(publisher);
    expect(subjects()).toEqual([]);
  });

  it('rise with the share in one open alarm', async () => {
    const { publisher, subjects } = people();
    await window(0, { average: '0.085', headroom: { nextHour: '0.11', hoursToLimit: 2 } });
    await atTime(publisher);
    expect(subjects()).toEqual(['[warning] P1 A: nox-3h, limit near at present emissions (and 1 more)']);
    await window(1, { average: '0.095', headroom: { nextHour: '0.11', hoursToLimit: 2 } });
    await atTime(publisher);
    expect(subjects()).toEqual(['[warning] P1 A: nox-3h, share of the limit reached']);
    expect(await openAlarms()).toEqual(['headroom A nox-3h', 'limit-warning A nox-3h']);
  });

  it('follow the settings of their facility', async () => {
    const { publisher, subjects } = people();
    await owner("insert into alarm_setting (facility, settings) values ('P1', cast(:settings as jsonb))", {
      settings: JSON.stringify({ warningShares: [0.5], headroomHours: null }),
    });
    await window(0, { average: '0.06', headroom: { nextHour: '0.11', hoursToLimit: 1 } });
    await atTime(publisher);
    expect(subjects()).toEqual(['[warning] P1 A: nox-3h, share of the limit reached']);
  });

  it('of a run of windows over a limit are open as long as it lasts', async () => {
    const { publisher, subjects } = people();
    const insert = `insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state,
      parameter, unit, citation, worst_average, limit_value)
      values ('P1', :a, 'nox-3h', :hour, :hour, 1, 'lasting', 'noxRate', 'lb/mmBtu', 'permit', '0.12', '0.1')`;
    await owner(insert, { a, hour: HOUR });
    await atTime(publisher);
    expect(await openAlarms()).toEqual(['exceedance A nox-3h']);
    expect(subjects()).toEqual([]);
    await owner("update exceedance set state = 'ended'");
    await atTime(publisher);
    expect(await openAlarms()).toEqual([]);
    expect(subjects()).toEqual(['[information] P1 A: over: nox-3h, limit exceeded']);
    await owner(insert, { a, hour: HOUR + 5 });
    await atTime(publisher);
    await owner("update exceedance set state = 'retracted'");
    await atTime(publisher);
    expect([await openAlarms(), subjects()]).toEqual([[], []]);
  });

  it('that nobody answers go to the second line', async () => {
    const { publisher, messages } = people();
    await window(0, { average: '0.085' });
    await atTime(publisher);
    await atTime(publisher, MORNING + 59 * 60_000);
    expect(messages).toHaveLength(1);
    await atTime(publisher, MORNING + 60 * 60_000);
    await atTime(publisher, MORNING + 61 * 60_000);
    expect(messages.map(({ topic, severity }) => [topic, severity])).toEqual([
      ['notices', 'warning'],
      ['escalations', 'critical'],
    ]);
    expect(messages[1]!.text).toContain('Nobody has acknowledged this alarm in 60 minutes.');
  });
});

describe('an analyser', () => {
  const valid = ['VVV'];
  const times = (count: number, letters: string) => Array.from({ length: count }, () => letters);

  it.each([
    ['without a valid reading for its time', times(15, 'VFV'), ['analyser-fault A nox']],
    ['with a reading in between', [...times(14, 'VFV'), ...valid, ...times(14, 'VFV')], []],
    ['in calibration', times(30, 'VCV'), []],
    ['in a quality-assurance test', times(30, 'VQV'), []],
    [
      'that fails around a calibration',
      [...times(8, 'VFV'), ...times(5, 'VCV'), ...times(7, 'VNV')],
      ['analyser-fault A nox'],
    ],
    ['that fails too briefly around a calibration', [...times(7, 'VFV'), ...times(9, 'VCV'), ...times(7, 'VFV')], []],
    ['of a unit that does not operate', times(30, 'off'), []],
    ['of a unit that stood still in between', [...times(14, 'VFV'), 'off', ...times(14, 'VFV')], []],
    [
      'that has been bad for long, as all others',
      times(20, 'NXF'),
      ['analyser-fault A gas', 'analyser-fault A nox', 'analyser-fault A o2'],
    ],
    ['that has given valid readings again', [...times(30, 'VFV'), ...valid], []],
  ])('%s', async (_what, letters, expected) => {
    await minutes(letters);
    await atTime(people().publisher);
    expect(await openAlarms()).toEqual(expected);
  });

  it('keeps its alarm through a calibration, and clears it with the first valid reading', async () => {
    const { publisher, subjects } = people();
    await minutes(times(20, 'VFV'));
    await atTime(publisher);
    expect(subjects()).toEqual(['[warning] P1 A: nox, analyser without valid readings']);
    await minutes(times(10, 'VCV'), START + 20);
    await atTime(publisher);
    expect(await openAlarms()).toEqual(['analyser-fault A nox']);
    await minutes(valid, START + 30);
    await atTime(publisher);
    expect(subjects()).toEqual(['[information] P1 A: over: nox, analyser without valid readings']);
  });

  it('is quiet in a declared outage of its source', async () => {
    await minutes(times(20, 'VFV'));
    const outage = { facility: 'P1', source: 'A', from: START, until: START + 20, why: 'test', declaredBy: 'test' };
    await declareOutage(owner, outage);
    await atTime(people().publisher);
    expect(await openAlarms()).toEqual([]);
    await minutes(times(1, 'VFV'), START + 20);
    await atTime(people().publisher);
    expect(await openAlarms()).toEqual(['analyser-fault A nox']);
  });
});

describe('a facility that sends nothing', () => {
  it('is told of after ten minutes, and when it is back; not in a declared outage', async () => {
    const { publisher, subjects } = people();
    await minutes(['VVV']);
    await atTime(publisher, MORNING + 9 * 60_000);
    expect(subjects()).toEqual([]);
    await atTime(publisher, MORNING + 11 * 60_000);
    expect(subjects()).toEqual(['[warning] P1: no data from the facility']);
    await arrivedAt(MORNING + 11 * 60_000);
    await atTime(publisher, MORNING + 12 * 60_000);
    expect(subjects()).toEqual(['[information] P1: over: no data from the facility']);
    const minute = Math.floor(MORNING / 60_000);
    const outage = { facility: 'P1', source: null, from: minute, until: minute + 60, why: 'test', declaredBy: 'test' };
    await declareOutage(owner, outage);
    await atTime(publisher, MORNING + 30 * 60_000);
    expect(subjects()).toEqual([]);
    await atTime(publisher, MORNING + 60 * 60_000);
    expect(subjects()).toEqual(['[warning] P1: no data from the facility']);
  });
});

describe('the way to people', () => {
  it('is tested once a day, after noon, and whenever somebody asks', async () => {
    const { publisher, subjects } = people();
    const noon = MORNING + 9 * 3_600_000;
    await atTime(publisher, noon);
    await atTime(publisher, noon + 60_000);
    expect(subjects()).toEqual(['[information] EmissionWatch: test of the notices']);
    await atTime(publisher, noon + 120_000, { selfTest: { who: 'an engineer' } });
    expect(subjects()).toEqual(['[information] EmissionWatch: test of the notices']);
    await atTime(publisher, noon + 86_400_000);
    expect(subjects()).toHaveLength(1);
  });

  it('fails loudly and keeps what it could not tell: the alarms stand, and are told a minute later', async () => {
    const { publisher, state, subjects } = people();
    await window(0, { average: '0.085' });
    state.refuse = true;
    await expect(atTime(publisher)).rejects.toThrow(
      '1 notice not told, for the next run: notices of P1: the topic is away',
    );
    await expect(atTime(publisher)).rejects.toThrow('the topic is away');
    expect(await openAlarms()).toEqual(['limit-warning A nox-3h']);
    expect(await owner('select attempts, published_at is null from notice')).toEqual([[2, true]]);
    state.refuse = false;
    await atTime(publisher);
    expect(subjects()).toEqual(['[warning] P1 A: nox-3h, share of the limit reached']);
    expect(await owner('select attempts, published_at is null from notice')).toEqual([[3, false]]);
  });

  it('tells again what it may have told, and loses nothing, when it dies between telling and noting it', async () => {
    const { publisher, subjects } = people();
    await window(0, { average: '0.085' });
    const dying = { ...alarms(), noteAttempt: () => Promise.reject(new Error('died here')) };
    const handler = makeHandler({ alarms: dying, publisher, consoleUrl: undefined, now: () => MORNING });
    await expect(handler({}, context)).rejects.toThrow('died here');
    await atTime(publisher);
    await atTime(publisher);
    expect(subjects()).toEqual(Array(2).fill('[warning] P1 A: nox-3h, share of the limit reached'));
  });

  it('tells what waits also when this minute cannot be decided', async () => {
    const { publisher, subjects } = people();
    await owner(
      `insert into notice (notice_key, topic, facility, kind, document) values ('exceedance 1 raised', 'notices', 'P1',
        'raised', cast(:document as jsonb))`,
      {
        document: JSON.stringify(
          notice.parse({
            v: 1,
            kind: 'raised',
            facility: 'P1',
            source: 'A',
            alarm: 'exceedance',
            alarmId: null,
            exceedanceId: 1,
            at: '2026-01-05T07:00:00Z',
            subject: 'P1 A: nox-3h exceeded',
            text: 'Exceeded.',
          }),
        ),
      },
    );
    const broken = { ...alarms(), decideOver: () => Promise.reject(new Error('no decisions')) };
    const handler = makeHandler({ alarms: broken, publisher, consoleUrl: undefined, now: () => MORNING });
    await expect(handler({}, context)).rejects.toThrow('no decisions');
    expect(subjects()).toEqual(['[critical] P1 A: nox-3h exceeded']);
  });

  it('is not doubled by two runs at a time', async () => {
    const { publisher } = people();
    await window(0, { average: '0.085' });
    await Promise.all([atTime(publisher), atTime(publisher), atTime(publisher)]);
    expect(await owner('select count(*) from notice')).toEqual([[1]]);
    expect(await owner('select count(*) from alarm')).toEqual([[1]]);
  });
});

describe('many facilities', () => {
  it('are looked at in a few statements for five hundred of them', async () => {
    const facilities = Array.from({ length: 1200 }, (_, i) => `F${String(i).padStart(4, '0')}`);
    await owner(
      `insert into facility (facility, plan) select name, jsonb_build_object('utcOffsetMinutes', 0)
      from unnest(cast(:names as text[])) as t (name)`,
      { names: `{${facilities.join(',')}}` },
    );
    await owner(
      `insert into facility_clock (facility, watermark, arrived_at)
      select facility, :minute, to_timestamp(0) from facility where facility like 'F%'`,
      { minute: START },
    );
    const base = database.as('raise_alarms');
    let statements = 0;
    const counted = dataApiAlarms({
      ...base,
      transaction: (work) =>
        base.transaction((execute) =>
          work((sql, parameters) => {
            statements++;
            return execute(sql, parameters);
          }),
        ),
    });
    const { publisher, messages } = people();
    await makeHandler({ alarms: counted, publisher, consoleUrl: undefined, now: () => MORNING })({}, context);
    expect(messages).toHaveLength(1200);
    // Three pages of 500 at most: lock, facilities, four kinds of state, one write; and the page that is empty.
    expect(statements).toBeLessThanOrEqual(3 * 7 + 2);
  });
});
