import { generateKeyPairSync } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataApiContinuity } from '#adapters/data-api-continuity';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { declareOutage, withdrawOutage } from '#adapters/data-api-outages';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import type { AgentReport, ResendCommand } from '#core/contracts/agent-report';
import { type ContinuityReport, continuityReport } from '#core/contracts/continuity-report';
import type { Device } from '#core/contracts/device';
import { contradictions, signedText } from '#core/evidence/certificate';
import type { SourceMinute } from '#core/ports';
import { textOfMinute } from '#core/time';
import { makeHandler } from '../../functions/verify-continuity/handler.ts';
import { sha256Text } from '../core/evidence/sha256.ts';
import { testDatabase } from './database.ts';
import { context } from './events.ts';
import { plant } from './plant.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let ids: ReadonlyMap<string, number>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

/** Now, in minutes: the store stamps what arrives with the real time. */
const NOW = Math.floor(Date.now() / 60_000);
const at = (minute: number) => textOfMinute(NOW + minute);

/** An edge agent that remembers what it was asked, and says what it is told to say. */
const edge = () => {
  const commands: (ResendCommand & { readonly thing: string })[] = [];
  const reports = new Map<string, AgentReport>();
  const said = (report: Partial<AgentReport>, minute = 0): AgentReport => ({
    v: 1,
    reportedAt: new Date((NOW + minute) * 60_000).toISOString(),
    software: '1',
    waiting: null,
    keptFrom: null,
    setAsideMinutes: 0,
    answered: [],
    ...report,
  });
  return {
    commands,
    says: (thing: string, report: Partial<AgentReport>, minute?: number) => reports.set(thing, said(report, minute)),
    agents: {
      asked: 0,
      async reportOf(thing: string) {
        this.asked++;
        if (thing === 'edge-broken') throw new Error('the shadow cannot be read');
        return reports.get(thing);
      },
      askToResend: async (thing: string, command: ResendCommand) => void commands.push({ thing, ...command }),
    },
  };
};

const device = (facility: string, thing = `edge-${facility}`, state: Device['state'] = 'provisioned'): Device => ({
  serialNumber: `SN-${thing}`,
  facility,
  thing,
  state,
  registeredAt: '2026-01-01T00:00:00Z',
  registeredBy: 'x',
});

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const DER = publicKey.export({ type: 'spki', format: 'der' });
/** A signature (1, n - 1), and its twin (1, 1). */
const HIGH_S = Buffer.from('3026020101022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550', 'hex');
const LOW_S = '3006020101020101';

let plantEdge: ReturnType<typeof edge>;
let devices: Device[];
let queries: number;
let signedDigests: string[];
beforeEach(async () => {
  await database.empty();
  for (const plan of [plant('P1', ['A', 'B']), plant('P2', ['A'])]) await applyPlan(database.as('owner'), plan);
  ids = (await dataApiPlans(database.as('owner')).planOf('P1'))!.sourceIds;
  plantEdge = edge();
  devices = [device('P1'), device('P2')];
  queries = 0;
  signedDigests = [];
});

const run = async (event: unknown = {}, now = NOW): Promise<ContinuityReport> => {
  const verifyRole = database.as('verify_continuity');
  const handler = makeHandler({
    store: dataApiContinuity({
      ...verifyRole,
      execute: (...statement) => {
        queries++;
        return verifyRole.execute(...statement);
      },
    }),
    devices: { ofFacility: async (facility) => devices.filter((one) => one.facility === facility) },
    agents: plantEdge.agents,
    key: {
      publicKey: async () => ({ id: 'arn:key', der: DER }),
      // As KMS does with a digest, by way of what it is the digest of.
      sign: async (sha256) => {
        signedDigests.push(Buffer.from(sha256).toString('hex'));
        return HIGH_S;
      },
    },
    softwareVersion: '1.2.3',
    now: () => now * 60_000,
  });
  return (await handler(event, context as Context)) as ContinuityReport;
};
const request = (from: number, until: number, more: object = {}, now = NOW) =>
  run({ range: { from: at(from), until: at(until) }, ...more }, now);

const minute = (source: string, when: number, blank = false): SourceMinute => ({
  sourceId: ids.get(source)!,
  minute: NOW + when,
  revision: 0,
  firedSeconds: 60,
  grossLoad: 100,
  readings: blank ? [null, null, null] : [14_992.3, 31.5, 15],
  statuses: blank ? 'NNN' : 'VVV',
});
/** Minutes of both sources of P1, as its messages carry them. */
const send = async (from: number, until: number, sources: readonly string[] = ['A', 'B']) => {
  const minutes = sources.flatMap((source) => Array.from({ length: until - from }, (_, i) => minute(source, from + i)));
  await store(minutes, NOW + until);
};
const store = (minutes: readonly SourceMinute[], watermark = NOW) =>
  dataApiMinutes(database.as('calculate_emissions')).storeMinutes([{ facility: 'P1', watermark, minutes }]);
const heardLast = (minutesAgo: number) =>
  database
    .as('owner')
    .execute(`update facility_clock set arrived_at = now() - :minutes * interval '1 minute'`, { minutes: minutesAgo });
const openGaps = async () =>
  (
    await database
      .as('owner')
      .execute(`select s.source, g.first_minute, g.until_minute, g.reason from continuity_gap g join source s using (source_id)
        where closed_at is null order by s.source, g.first_minute`)
  ).map(([source, from, until, reason]) => [source, (from as number) - NOW, (until as number) - NOW, reason]);
const requests = async () =>
  (
    await database
      .as('owner')
      .execute(
        'select first_minute, until_minute, attempts, answered_minutes from resend_request order by requested_minute',
      )
  ).map(([from, until, ...rest]) => [(from as number) - NOW, (until as number) - NOW, ...rest]);

describe('every five minutes', () => {
  it('a complete plant costs a handful of statements and asks nobody anything', async () => {
    await send(-100, 0);
    await run();
    await send(0, 5);
    queries = 0;
    await run({}, NOW + 5);
    expect([queries, plantEdge.agents.asked, plantEdge.commands, await openGaps()]).toEqual([4, 0, [], []]);
  });

  it('minutes that are missing are remembered, and asked for where the agent keeps them', async () => {
    await send(-100, -50);
    await send(-40, 0);
    plantEdge.says('edge-P1', { keptFrom: at(-45) });
    await run();
    expect(await openGaps()).toEqual([
      ['A', -50, -45, 'not-held'],
      ['A', -45, -40, 'asked'],
      ['B', -50, -45, 'not-held'],
      ['B', -45, -40, 'asked'],
    ]);
    const [first, ...others] = plantEdge.commands;
    const { id, ...command } = first!;
    expect([command, others]).toEqual([
      { v: 1, command: 'resend', thing: 'edge-P1', from: at(-45), until: at(-40) },
      [],
    ]);
    expect(id).toMatch(/^resend-[0-9a-f-]{36}$/);
  });

  it('what has come meanwhile is no gap any more', async () => {
    await send(-100, -50);
    await send(-40, 0);
    await run();
    await send(-50, -42);
    await run();
    expect(await openGaps()).toEqual([
      ['A', -42, -40, 'asked'],
      ['B', -42, -40, 'asked'],
    ]);
    await send(-42, -40);
    await run();
    expect(await openGaps()).toEqual([]);
  });

  it('nothing is asked for twice; without an answer the same request is sent again after a while', async () => {
    await send(-100, -50);
    await send(-40, 0);
    await run();
    await run({}, NOW + 2);
    expect(plantEdge.commands).toHaveLength(1);
    await send(0, 5);
    await heardLast(-5);
    await run({}, NOW + 5);
    expect(plantEdge.commands.map(({ id }) => id)).toEqual([plantEdge.commands[0]!.id, plantEdge.commands[0]!.id]);
    expect(await requests()).toEqual([[-50, -40, 2, null]]);
  });

  it('what the agent was asked for and does not have is lost', async () => {
    await send(-100, -50);
    await send(-40, 0);
    await run();
    plantEdge.says('edge-P1', { answered: [{ command: plantEdge.commands[0]!.id, minutes: 0 }] });
    await run({}, NOW + 1);
    expect(await requests()).toEqual([[-50, -40, 1, 0]]);
    expect((await openGaps()).map(([, , , reason]) => reason)).toEqual(['not-in-the-answer', 'not-in-the-answer']);
    expect(plantEdge.commands).toHaveLength(1);
  });

  it('a facility that went silent is offline, and nobody is asked who would not hear', async () => {
    await send(-100, -20);
    await heardLast(19);
    await run();
    expect(await openGaps()).toEqual([
      ['A', -20, -3, 'facility-silent'],
      ['B', -20, -3, 'facility-silent'],
    ]);
    await heardLast(24);
    await run({}, NOW + 5);
    expect(await openGaps()).toEqual([
      ['A', -20, 2, 'facility-silent'],
      ['B', -20, 2, 'facility-silent'],
    ]);
    expect(plantEdge.commands).toEqual([]);
  });

  it('a source that the messages of its only agent leave out is not asked for: the agent does not have it', async () => {
    await send(-100, -50);
    await send(-50, -40, ['A']);
    await send(-40, 0);
    await run();
    expect([await openGaps(), plantEdge.commands]).toEqual([[], []]);
  });

  it('a source that shares its facility with another agent is asked for at both', async () => {
    devices.push(
      device('P1', 'edge-P1-b'),
      device('P1', 'edge-old', 'revoked'),
      device('P1', 'edge-new', 'registered'),
    );
    await send(-100, -50);
    await send(-50, -40, ['A']);
    await send(-40, 0);
    await run();
    expect(await openGaps()).toEqual([['B', -50, -40, 'asked']]);
    expect(plantEdge.commands.map(({ thing }) => thing)).toEqual(['edge-P1', 'edge-P1-b']);
  });

  it('what was asked of an agent that is revoked meanwhile is asked of the one that is there', async () => {
    devices = [device('P1', 'edge-old')];
    await send(-100, -50);
    await send(-40, 0);
    await run();
    expect(plantEdge.commands.map(({ thing }) => thing)).toEqual(['edge-old']);
    devices = [device('P1', 'edge-old', 'revoked'), device('P1', 'edge-new')];
    await run({}, NOW + 2);
    expect(plantEdge.commands.map(({ thing }) => thing)).toEqual(['edge-old', 'edge-new']);
  });

  it('minutes that nobody at the edge has may lie in quarantine, and then are not called lost', async () => {
    await send(-100, -50);
    await send(-40, 0);
    plantEdge.says('edge-P1', {});
    await database.as('owner').execute(
      `insert into quarantine (record_id, code, reason, facility, received, object_key)
        values ('a', 'X', 'x', 'P1', to_timestamp(:minute * 60), 'k')`,
      { minute: NOW - 45 },
    );
    await run();
    expect(await openGaps()).toEqual(
      ['A', 'B'].flatMap((source) => [
        [source, -50, -45, 'quarantined'],
        [source, -45, -40, 'not-held'],
      ]),
    );
    expect((await request(-90, -10)).facilities[0]!.gaps[0]).toMatchObject({ class: 'recoverable' });
  });

  it('the minutes of an outage that is withdrawn are looked at again, however long ago', async () => {
    await send(-5000, -4000);
    await send(-3900, 0);
    const operator = database.as('operator');
    const outage = { facility: 'P1', source: null, from: NOW - 4000, until: NOW - 3900, why: 'x', declaredBy: 'y' };
    const { id } = (await declareOutage(operator.execute, outage)) as { id: number };
    await run();
    expect(await openGaps()).toEqual([]);
    await withdrawOutage(operator.execute, id);
    await run({}, NOW + 1);
    expect((await openGaps()).map(([source, from, until]) => [source, from, until])).toEqual([
      ['A', -4000, -3900],
      ['B', -4000, -3900],
    ]);
  });

  it('a day of which every second minute is missing is remembered in few parts, of which none lacks', async () => {
    const some = (source: string) => Array.from({ length: 1440 }, (_, i) => minute(source, 2 * i - 2880));
    for (const source of ['A', 'B']) await store(some(source));
    await database.as('owner').execute(`insert into continuity_checked values ('P1', :from, :hour)`, {
      from: NOW - 2880,
      hour: Math.floor(NOW / 60),
    });
    await run();
    const gaps = (await openGaps()) as [string, number, number, string][];
    expect(gaps.length).toBeLessThanOrEqual(500);
    const lacking = Array.from({ length: 1438 }, (_, i) => 2 * i - 2879);
    for (const source of ['A', 'B'])
      expect(
        lacking.filter((at) => !gaps.some(([name, from, until]) => name === source && from <= at && at < until)),
      ).toEqual([]);
  });

  it('one facility that cannot be looked into holds up no other, and is looked at again', async () => {
    devices = [device('P1', 'edge-broken')];
    await send(-100, -50);
    await send(-40, 0);
    await expect(run()).rejects.toThrow('continuity of P1 was not checked');
    const checked = await database.as('owner').execute('select facility from continuity_checked');
    expect(checked.flat()).toEqual(['P2']);
    devices = [device('P1')];
    await run();
    expect(await openGaps()).toHaveLength(2);
  });

  it('once an hour the last day is looked at again: a source may turn out to have begun earlier', async () => {
    const hour = Math.floor(NOW / 60) * 60 - NOW;
    await send(-100, 0);
    await run({}, NOW + hour);
    await send(-300, -200);
    await run({}, NOW + hour + 59);
    expect((await openGaps()).filter(([, from]) => (from as number) < -100)).toEqual([]);
    await heardLast(-120);
    await run({}, NOW + hour + 60);
    expect((await openGaps()).filter(([, from]) => (from as number) < -100)).toEqual([
      ['A', -200, -100, 'asked'],
      ['B', -200, -100, 'asked'],
    ]);
  });

  it('a declared outage ends a gap', async () => {
    await send(-100, -50);
    await send(-40, 0);
    await run();
    await database.as('owner').execute(
      `insert into declared_outage (facility, source, from_minute, until_minute, why, declared_by)
        values ('P1', null, :from, :until, 'power', 'x')`,
      { from: NOW - 50, until: NOW - 40 },
    );
    await run();
    expect(await openGaps()).toEqual([]);
  });
});

describe('on request', () => {
  it('tells of each source what is expected, stored and missing, and answers by its contract', async () => {
    await send(-100, -50);
    await send(-50, -45, ['A']);
    await send(-40, 0);
    const report = await request(-90, -10);
    expect(continuityReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report).toMatchObject({ complete: false, range: { from: at(-90), until: at(-10) } });
    const [p1, p2] = report.facilities;
    expect(p1!.sources).toEqual([
      { source: 'A', begins: at(-100), expectedMinutes: 80, storedMinutes: 75, missingMinutes: 5, ...NONE },
      {
        source: 'B',
        begins: at(-100),
        expectedMinutes: 80,
        storedMinutes: 70,
        missingMinutes: 10,
        ...NONE,
      },
    ]);
    expect(p1!.gaps).toEqual([
      { source: 'A', from: at(-45), until: at(-40), class: 'lost', reason: 'not-asked' },
      { source: 'B', from: at(-50), until: at(-45), class: 'not-reported', reason: 'not-reported' },
      { source: 'B', from: at(-45), until: at(-40), class: 'lost', reason: 'not-asked' },
    ]);
    expect(p2).toMatchObject({ facility: 'P2', lastHeard: null, gaps: [] });
    expect(p2!.sources).toEqual([
      { source: 'A', begins: null, expectedMinutes: 0, storedMinutes: 0, missingMinutes: 0, ...NONE },
    ]);
  });
  const NONE = { declaredOutageMinutes: 0, analyserDownMinutes: 0 };

  it('asks nobody and remembers nothing, unless that is wanted', async () => {
    await send(-100, -50);
    await send(-40, 0);
    await request(-90, -10);
    expect([plantEdge.commands, await requests(), await openGaps()]).toEqual([[], [], []]);
    const report = await request(-90, -10, { resend: true });
    expect(plantEdge.commands).toHaveLength(1);
    expect(report.facilities[0]).toMatchObject({ asked: [{ from: at(-50), until: at(-40) }] });
    expect(report.facilities[0]!.gaps.map((gap) => gap.class)).toEqual(['resend-requested', 'resend-requested']);
  });

  it('looks at no more than is asked for: some facilities, and minutes that can be here by now', async () => {
    await send(-100, 0);
    const report = await request(-50, 60, { facilities: ['P1'] });
    expect(report.range).toEqual({ from: at(-50), until: at(-3) });
    expect(report.facilities.map(({ facility }) => facility)).toEqual(['P1']);
    expect(report.complete).toBe(true);
  });

  it.each([
    [{ range: { from: 'yesterday', until: at(0) } }, /range\.from: expected a UTC minute/],
    [{ range: { from: at(-5), until: at(-9) } }, /holds no minute before/],
    [{ range: { from: at(-200_000), until: at(-9) } }, /longer than 100 days/],
    [
      { range: { from: at(-50), until: at(-9) }, facilities: ['P9'] },
      'facility P9 is not known: it has no monitoring plan',
    ],
    [{ range: { from: at(-50), until: at(-2) }, certificate: true }, `minutes can be certified up to ${at(-3)} now`],
    [{ range: { from: at(-50), until: at(-9) }, certificate: true }, /no minute is expected.*nothing to certify/],
  ])('refuses what it cannot do, and says why: %j', async (event, message) => {
    expect(await run(event)).toEqual({ refused: expect.stringMatching(message) });
  });
});

describe('a no-gap certificate', () => {
  it('is not issued while a minute is missing', async () => {
    await send(-100, -50);
    await send(-49, 0);
    const report = await request(-90, -10, { certificate: true });
    expect(report).toMatchObject({ complete: false });
    expect(report.certificate).toBeUndefined();
    expect(signedDigests).toEqual([]);
  });

  describe('is not issued over an hour that one of two agents has lost', () => {
    const other = (state: Device['state']) => device('P1', 'edge-P1-b', state);
    it.each([
      ['while both are at work', () => [device('P1'), other('provisioned')]],
      ['after that one was revoked', () => [device('P1'), other('revoked')]],
      ['after that one was registered again', () => [device('P1'), other('registered')]],
      ['after both were revoked', () => [device('P1', 'edge-P1', 'revoked'), other('revoked')]],
      ['when the list does not even know of it', () => [device('P1')]],
      ['when the list is empty', () => []],
    ])('%s', async (_, listed) => {
      devices = listed();
      await send(-100, -50);
      await send(-50, -40, ['A']);
      await send(-40, 0);
      const report = await request(-90, -10, { certificate: true });
      expect([report.complete, report.certificate, signedDigests]).toEqual([false, undefined, []]);
      expect(report.facilities[0]!.sources[1]).toMatchObject({ missingMinutes: 10, analyserDownMinutes: 0 });
    });
  });

  it('is not issued when a plan that begins after the loss takes the place of the one before', async () => {
    await send(-100, -50);
    await send(-40, 0);
    const [source, b] = plant('P1', ['A', 'B']).sources;
    const sources = [source!, b!].map((one) => ({
      ...one,
      versions: [{ ...one.versions[0]!, effectiveFrom: at(-30) }],
    }));
    await applyPlan(database.as('owner'), { ...plant('P1', ['A', 'B']), sources });
    expect(await request(-90, -10, { certificate: true })).toMatchObject({ complete: false });
  });

  it('is for no more sources than an answer holds, and says how to go on', async () => {
    const names = Array.from({ length: 2600 }, (_, i) => `S${i}`);
    await database.as('owner').execute(
      `insert into source (facility, source, plan) select facility, name, '{"versions":[]}'
        from unnest(cast(:names as text[])) as name, (values ('P1'), ('P2')) as f (facility)`,
      { names: `{${names.join()}}` },
    );
    await send(-100, 0);
    expect(await request(-90, -10, { certificate: true })).toEqual({
      refused: expect.stringMatching(/up to 5000 sources.*have 5203.*--facility/),
    });
    expect(await request(-90, -10, { certificate: true, facilities: ['P1'] })).toHaveProperty('certificate');
    const first = await request(-90, -10);
    expect([first.facilities.map(({ facility }) => facility), first.continueAfter]).toEqual([['P1'], 'P1']);
    const second = await request(-90, -10, { after: 'P1' });
    expect([second.facilities.map(({ facility }) => facility), second.continueAfter]).toEqual([['P2'], undefined]);
  });

  it('says what was expected and stored, and binds it to the stored minutes with a signature', async () => {
    await send(-100, -50);
    await send(-45, 0);
    await store([minute('A', -50), minute('B', -50, true)]);
    await send(-49, -45);
    await database.as('owner').execute(
      `insert into declared_outage (facility, source, from_minute, until_minute, why, declared_by)
        values ('P1', 'B', :from, :until, 'calibration', 'x')`,
      { from: NOW - 20, until: NOW - 15 },
    );
    const { certificate } = await request(-90, -10, { certificate: true });
    const { statement, signature } = certificate!;
    expect(statement).toMatchObject({
      kind: 'emissionwatch/no-gap-certificate',
      range: { from: at(-90), until: at(-10) },
      expectedMinutes: 155,
      storedMinutes: 160,
      declaredOutageMinutes: 5,
      analyserDownMinutes: 1,
      issuedAt: new Date(NOW * 60_000).toISOString(),
      softwareVersion: '1.2.3',
      key: { id: 'arn:key', algorithm: 'ECDSA_SHA_256', publicKey: DER.toString('base64') },
    });
    expect(statement.facilities).toMatchObject([
      {
        facility: 'P1',
        planRevision: 1,
        declaredOutages: [{ source: 'B', from: at(-20), until: at(-15) }],
        sources: [
          { source: 'A', expectedMinutes: 80, storedMinutes: 80, withoutReadingMinutes: 0 },
          { source: 'B', expectedMinutes: 75, storedMinutes: 80, withoutReadingMinutes: 1 },
        ],
      },
      { facility: 'P2', sources: [{ source: 'A', begins: null, expectedMinutes: 0, storedMinutes: 0 }] },
    ]);
    expect(contradictions(statement, sha256Text)).toEqual([]);
    expect(signedDigests).toEqual([sha256Text(signedText(statement))]);
    expect(Buffer.from(signature, 'base64').toString('hex')).toBe(LOW_S);
  });

  it('has the same digest for the same minutes, and another one when a reading changes', async () => {
    await send(-100, 0);
    const digest = async () => (await request(-90, -10, { certificate: true })).certificate!.statement.digest;
    const first = await digest();
    expect(await digest()).toBe(first);
    await dataApiMinutes(database.as('calculate_emissions')).storeMinutes([
      { facility: 'P1', watermark: NOW, minutes: [{ ...minute('A', -50), revision: 1 }] },
    ]);
    expect(await digest()).not.toBe(first);
  });
});
