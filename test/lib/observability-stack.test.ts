import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALARM_PREFIX, describeAlarm, INGEST_DEGRADED, SYSTEM_ALARMS } from '../../lib/alarms.ts';
import { type Found, type Synthesised, synthesised } from './stacks.ts';

let app: Synthesised;
let small: Synthesised;
beforeAll(() => {
  app = synthesised({ profile: 'large', timeSeriesStore: 'timestream' });
  small = synthesised({ profile: 'small', timeSeriesStore: 'aurora' });
});

const ours = ({ ofType }: Synthesised): readonly Found[] =>
  ofType('AWS::CloudWatch::Alarm').filter(({ stack }) => stack === 'EmissionWatch-Observability');
const nameOf = ({ Properties }: Found) => String(Properties.AlarmName);
const of = (title: string, from = app): readonly Found[] =>
  ours(from).filter((alarm) => new RegExp(`^${ALARM_PREFIX}${title}(-[a-z-]+)?$`).test(nameOf(alarm)));
const watching = (title: string, from = app) =>
  of(title, from)
    .map((alarm) => nameOf(alarm).slice(`${ALARM_PREFIX}${title}-`.length))
    .sort();
const folders = () => readdirSync('functions').filter((folder) => folder !== 'adapters');

describe('alarms of the system', () => {
  it('every row of the table has its alarms, and no alarm is without a row', () => {
    const expected = SYSTEM_ALARMS.map(({ title }) => [title, of(title).length > 0]);
    expect(expected.filter(([, found]) => !found)).toEqual([]);
    const titles = new Set(SYSTEM_ALARMS.flatMap(({ title }) => of(title).map(nameOf)));
    expect(
      ours(app)
        .map(nameOf)
        .filter((name) => !titles.has(name)),
    ).toEqual([]);
    expect(new Set(ours(app).map(nameOf)).size).toBe(ours(app).length);
  });

  it('has thresholds, periods and treatment of silence as the table says', () => {
    const silence = { fine: 'notBreaching', wrong: 'breaching', unchanged: 'ignore' };
    for (const row of SYSTEM_ALARMS)
      for (const { Properties } of of(row.title)) {
        const { Metrics } = Properties as { Metrics?: { MetricStat?: { Period: number } }[] };
        const period = Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? Properties.Period;
        expect([row.title, Properties.Threshold, Properties.EvaluationPeriods, period]).toEqual([
          row.title,
          row.threshold,
          row.periods,
          row.minutes * 60,
        ]);
        expect(Properties.DatapointsToAlarm).toBe(row.atLeast);
        expect(Properties.TreatMissingData).toBe(silence[row.silence]);
        expect(Properties.ComparisonOperator).toBe(row.when === '>' ? 'GreaterThanThreshold' : 'LessThanThreshold');
      }
  });

  it('each tells whoever is on call when it rings and when all is well again, and what to read', () => {
    const topics = app.ofType('AWS::SNS::Topic').map(({ id }) => id);
    for (const alarm of [...ours(app), ...app.ofType('AWS::CloudWatch::CompositeAlarm')]) {
      const { AlarmActions, OKActions, AlarmDescription } = alarm.Properties as Record<string, unknown[]>;
      expect(AlarmActions).toHaveLength(1);
      expect(OKActions).toEqual(AlarmActions);
      expect(topics.filter((id) => JSON.stringify(AlarmActions).includes(`"${id}"`))).toEqual([
        expect.stringContaining('Operations'),
      ]);
      expect(AlarmDescription).toMatch(/^(page|ticket): .+\. Runbook: docs\/runbooks\/[a-z-]+\.md$/);
    }
    const [first] = of('RecordsWait');
    expect(first!.Properties.AlarmDescription).toBe(describeAlarm(SYSTEM_ALARMS[0]!));
  });

  it('watches every function, consumer, stream and queue that there is, with the profile’s limits', () => {
    expect(watching('FunctionFails')).toEqual(
      folders()
        .filter((folder) => isDeployed(folder))
        .sort(),
    );
    const consumers = ['calculate-emissions', 'check-compliance', 'record-time-series', 'validate-measurements'];
    for (const title of ['RecordsWait', 'RecordsWaitLong', 'ConsumerThrottled', 'ConsumerBusy', 'BatchGivenUp'])
      expect([title, watching(title)]).toEqual([title, consumers]);
    expect(watching('RecordsWait', small)).toEqual(consumers.filter((name) => name !== 'record-time-series'));
    expect(watching('StreamRefusesRecords')).toEqual(['emissions', 'measurements', 'validated']);
    expect(watching('DeadLetters')).toHaveLength(app.ofType('AWS::SQS::Queue').length);
    expect(of('StandbyBehind', small)).toEqual([]);
    expect(of('StandbyBehind')).toHaveLength(1);
    // Large has 16 lanes for each consumer, which may all be busy for a whole minute, and 16 capacity units.
    const expressionsOf = (title: string, from = app) =>
      new Set(
        of(title, from).flatMap(({ Properties }) =>
          (Properties.Metrics as { Expression?: string }[]).flatMap(({ Expression }) => Expression ?? []),
        ),
      );
    expect(expressionsOf('ConsumerBusy')).toEqual(new Set(['100 * a / 960000']));
    expect(expressionsOf('DatabaseConnectionsMany')).toEqual(new Set(['100 * a / 3200']));
    expect(expressionsOf('ConsumerBusy', small)).toEqual(new Set(['100 * a / 120000']));
    expect(expressionsOf('DatabaseConnectionsMany', small)).toEqual(new Set(['100 * a / 800']));
  });

  it('asks Lambda for what a mapping counts by the id of the mapping', () => {
    const mappings = app.ofType('AWS::Lambda::EventSourceMapping').map(({ id }) => ({ Ref: id }));
    const asked = of('BatchGivenUp').map(
      ({ Properties }) => (Properties.Dimensions as { Name: string; Value: unknown }[])[0]!,
    );
    expect(asked.map(({ Name }) => Name)).toEqual(asked.map(() => 'EventSourceMappingUUID'));
    expect(asked.map(({ Value }) => Value)).toEqual(expect.arrayContaining(mappings));
    for (const { Properties } of app.ofType('AWS::Lambda::EventSourceMapping'))
      expect(Properties.MetricsConfig).toEqual({ Metrics: ['EventCount'] });
  });

  it('minutes that wait are a page when throttling or the database stops them', () => {
    const [composite, ...more] = app.ofType('AWS::CloudWatch::CompositeAlarm');
    expect(more).toEqual([]);
    expect(composite!.Properties.AlarmName).toBe(INGEST_DEGRADED);
    const rule = JSON.stringify(composite!.Properties.AlarmRule);
    const ids = [...rule.matchAll(/"(Alarms\w+)","Arn"/g)].map(([, id]) => id);
    const names = ids.map((id) => nameOf(app.resources.find((one) => one.id === id)!));
    expect(names.sort()).toEqual(
      ['RecordsWait', 'BacklogGrows', 'ConsumerThrottled', 'DatabaseErrors']
        .flatMap((title) => of(title).map(nameOf))
        .sort(),
    );
  });

  it('refers only to metrics that functions count under that name', () => {
    const sources = folders().flatMap((folder) => sourcesIn(`functions/${folder}`).map((text) => ({ folder, text })));
    sources.push(...sourcesIn('functions/adapters').map((text) => ({ folder: 'database', text })));
    for (const { title, measure } of SYSTEM_ALARMS.filter((row) => row.measure.namespace === 'EmissionWatch')) {
      const { service } = measure.dimensions!;
      const counted = sources.some(({ folder, text }) => folder === service && text.includes(`'${measure.metric}'`));
      expect([title, counted]).toEqual([title, true]);
    }
  });
});

describe('metrics of our own', () => {
  it('there are at most 60 of them, and none by facility or source', () => {
    const texts = [...folders(), 'adapters'].flatMap((folder) => sourcesIn(`functions/${folder}`));
    const names = texts.flatMap((text) => [
      ...text.matchAll(/['"]([A-Z][A-Za-z]+)['"], MetricUnit|\['(TimeSeries\w+)'/g),
    ]);
    // Missing minutes are counted for each of seven classes.
    expect(names.length).toBeGreaterThan(15);
    expect(names.length + 6).toBeLessThanOrEqual(60);
    const dimensions = texts.flatMap((text) =>
      [...text.matchAll(/addDimensions?\(([^)]*)\)/g)].map(([, given]) => given),
    );
    expect(dimensions).toEqual(["'class', name"]);
  });
});

describe('dashboards', () => {
  const bodies = () =>
    app
      .ofType('AWS::CloudWatch::Dashboard')
      .map(({ Properties }) => [Properties.DashboardName, JSON.stringify(Properties.DashboardBody)] as const);

  it('there is one for whoever is on call and one for the environmental engineer', () => {
    expect(
      bodies()
        .map(([name]) => name)
        .sort(),
    ).toEqual(['EmissionWatch-Compliance', 'EmissionWatch-Operations']);
  });

  it('the first shows every alarm, the second windows, exceedances, hours, missing minutes and the worst share', () => {
    const [, operations] = bodies().find(([name]) => name === 'EmissionWatch-Operations')!;
    for (const { id } of ours(app)) expect(operations).toContain(`"${id}"`);
    const [, compliance] = bodies().find(([name]) => name === 'EmissionWatch-Compliance')!;
    for (const metric of ['WindowsChecked', 'ExceedancesOpen', 'HoursComputed', 'GapMinutes', 'WorstShare'])
      expect(compliance).toContain(metric);
    for (const [, body] of bodies()) expect(body).not.toMatch(/facility\\"|"source\\"/);
  });
});

function isDeployed(folder: string): boolean {
  return app
    .ofType('AWS::Lambda::Function')
    .some(({ Properties }) => Properties.Description === `EmissionWatch ${folder}`);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
}
