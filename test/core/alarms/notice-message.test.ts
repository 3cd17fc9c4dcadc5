import { describe, expect, it } from 'vitest';
import { joinNotices, type WaitingNotice } from '#core/alarms/notice-message';
import { dailySelfTest } from '#core/alarms/self-test';
import type { Notice } from '#core/contracts/notice';

const of = (id: number, over: Partial<Notice> = {}, topic: WaitingNotice['topic'] = 'notices'): WaitingNotice => ({
  id,
  topic,
  notice: {
    v: 1,
    kind: 'raised',
    facility: '7953',
    source: 'CT1',
    alarm: 'exceedance',
    alarmId: null,
    exceedanceId: id,
    at: '2026-01-06T03:00:00Z',
    subject: `7953 CT1: NOX-${id}H exceeded`,
    text: `Text of ${id}.`,
    ...over,
  },
});

describe('notices that wait', () => {
  it('go out as one message a facility and topic', () => {
    const joined = joinNotices(
      [of(1), of(2, { facility: '6076' }), of(3), of(4, { kind: 'escalated' }, 'escalations')],
      undefined,
    );
    expect(joined.map(({ message, ids }) => [message.topic, message.facility, ids])).toEqual([
      ['notices', '7953', [1, 3]],
      ['notices', '6076', [2]],
      ['escalations', '7953', [4]],
    ]);
  });

  it('say in one glance what is the matter, where, and where to look', () => {
    const [first] = joinNotices([of(7)], 'https://console.example');
    const { message } = first!;
    expect(message).toMatchObject({
      subject: '[critical] 7953 CT1: NOX-7H exceeded',
      text:
        '7953 CT1: NOX-7H exceeded\nText of 7.\n' +
        'Found 2026-01-06T03:00:00Z. https://console.example/#/exceedances/7\n\nEmissionWatch\n',
      severity: 'critical',
      kinds: ['raised'],
    });
  });

  it('name the page where the address of the console is not known', () => {
    const [first] = joinNotices([of(7, { alarmId: 12 })], undefined);
    const { message } = first!;
    expect(message.text).toContain('In the console: alarm 12.');
  });

  it('of a backlog flood nobody: the most urgent and newest stand in the message, the others are counted', () => {
    const backlog = Array.from({ length: 3000 }, (_, i) => of(i + 1, i === 5 ? {} : { kind: 'cleared' }));
    const [first, ...others] = joinNotices(backlog, 'https://console.example');
    const { message, ids } = first!;
    expect(others).toEqual([]);
    expect(ids).toHaveLength(3000);
    expect(message.subject).toBe('[critical] 7953 CT1: NOX-6H exceeded (and 2999 more)');
    expect(message.text).toContain('And 2980 more: https://console.example/#/alarms');
    expect(message.text).toContain('Text of 3000.');
    expect(message.text.length).toBeLessThan(10_000);
    expect(message.document).toMatchObject({ leftOut: 2980 });
  });

  it('have a subject of less than 100 characters of ASCII, whatever is in it', () => {
    const subject = `Größe ${'x'.repeat(94)}`;
    const [first] = joinNotices([of(1, { subject }), of(2, { subject })], undefined);
    const { message } = first!;
    expect(message.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    expect(message.subject).toContain('(and 1 more)');
  });

  it('of a test concern every facility', () => {
    const { notice } = dailySelfTest(Date.UTC(2026, 0, 6, 12))!;
    const [first] = joinNotices([{ id: 1, topic: 'notices', notice }], undefined);
    const { message } = first!;
    expect(message).toMatchObject({ facility: 'all', kinds: ['self-test'], severity: 'information' });
  });
});

describe('the daily test', () => {
  it('is due once a day, from noon UTC on, when nobody has to be woken', () => {
    expect(dailySelfTest(Date.UTC(2026, 0, 6, 11, 59))).toBeUndefined();
    expect(dailySelfTest(Date.UTC(2026, 0, 6, 12))!.key).toBe('self-test 2026-01-06');
    expect(dailySelfTest(Date.UTC(2026, 0, 6, 23, 59))!.key).toBe('self-test 2026-01-06');
  });
});
