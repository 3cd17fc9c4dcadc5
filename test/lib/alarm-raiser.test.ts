import { describe, expect, it } from 'vitest';
import { list, named, statementsOf, templates, text, unbundled } from './template.ts';

const { storage, processing } = templates();
const raiser = named(processing, 'RaiseAlarmsFunction')[1].Properties;
const statements = statementsOf(named(processing, 'RaiseAlarmsRoleDefaultPolicy')[1]);
const idOf = (id: string) => named(storage, id)[0];
const { Variables } = raiser.Environment as { Variables: Record<string, unknown> };

describe('raising alarms', () => {
  it('is done every minute, by the alias, one run at a time; a missed run can be seen', () => {
    const [alias] = named(processing, 'RaiseAlarmsLive');
    const [queue] = named(processing, 'RaiseAlarmsMissed');
    expect(named(processing, 'RaiseAlarmsEveryMinute')[1].Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Target: { Arn: { Ref: alias }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } } },
    });
    expect(raiser.ReservedConcurrentExecutions).toBe(1);
  });

  it('publishes to the topics of notices and escalations, and to no other', () => {
    const topics = ['TopicsNotices', 'TopicsEscalations'].map((id) => `\${${idOf(id)}}`);
    const publishing = statements.filter(({ Action }) => list(Action).some((action) => action.startsWith('sns:')));
    expect(publishing.map(({ Action }) => Action)).toEqual(
      publishing.length === 1 ? ['sns:Publish'] : ['sns:Publish', 'sns:Publish'],
    );
    expect(publishing.flatMap(({ Resource }) => list(Resource).map(text)).sort()).toEqual(topics.sort());
  });

  it('can be asked for by its ARN, which is an output', () => {
    expect(processing.Outputs?.RaiseAlarmsFunctionArn?.Value).toEqual({ Ref: named(processing, 'RaiseAlarmsLive')[0] });
  });

  it('knows no address of the console unless one is given, and takes none with a path', () => {
    expect(Variables).not.toHaveProperty('CONSOLE_URL');
    expect(() => unbundled({ consoleUrl: 'console.example' })).toThrow(
      'consoleUrl is "console.example": give the console\'s address without a path',
    );
  });
});
