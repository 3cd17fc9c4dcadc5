import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicIngest, filterProblem, topicFilter, topicProblem } from '../../../local/services/iot/topics.ts';

const matches = (filter: string, topic: string) => topicFilter(filter)(topic.split('/'));

describe('topic filters (MQTT 5.0, 4.7)', () => {
  // The examples of the standard, sections 4.7.1.2, 4.7.1.3 and 4.7.2.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor/Clients', '$SYS/monitor/Clients', false],
    ['$SYS/#', '$SYS/monitor', true],
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/B', 'a/b', false],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  it('a filter without wildcard matches itself and nothing else', () => {
    const level = fc.constantFrom('', 'a', 'b', 'long name', '3');
    const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
    fc.assert(fc.property(topic, topic, (a, b) => matches(a, b) === (a === b)));
  });

  it('has its wildcards alone in a level, and # only at the end', () => {
    for (const bad of ['', 'a#', 'a/#/b', 'a+', '+a/b', 'a/b+/c', '##']) expect(filterProblem(bad)).toBeDefined();
    for (const good of ['#', '+', '+/a/#', '/', 'a//b']) expect(filterProblem(good)).toBeUndefined();
  });
});

describe('topics', () => {
  it('have at most 8 levels and 256 bytes, not counting the Basic Ingest prefix', () => {
    expect(topicProblem('1/2/3/4/5/6/7/8')).toBeUndefined();
    expect(topicProblem('1/2/3/4/5/6/7/8/9')).toContain('more than 8 levels');
    expect(topicProblem('$aws/rules/r/1/2/3/4/5/6/7/8')).toBeUndefined();
    expect(topicProblem('$aws/rules/r/1/2/3/4/5/6/7/8/9')).toContain('more than 8 levels');
    expect(topicProblem('x'.repeat(256))).toBeUndefined();
    expect(topicProblem('x'.repeat(257))).toContain('longer than 256 bytes');
    expect(topicProblem('é'.repeat(129))).toContain('longer than 256 bytes');
  });

  it('hold no wildcard and are not empty', () => {
    for (const bad of ['', 'a/#', 'a/+/b', 'a\0']) expect(topicProblem(bad)).toBeDefined();
  });

  it('of Basic Ingest name their rule', () => {
    expect(basicIngest('$aws/rules/ingest/a/b')).toEqual({ ruleName: 'ingest', rest: 'a/b' });
    expect(basicIngest('$aws/rules/ingest')).toEqual({ ruleName: 'ingest', rest: '' });
    expect(basicIngest('$aws/rules//a')).toBeUndefined();
    expect(basicIngest('$aws/things/t/shadow')).toBeUndefined();
    expect(basicIngest('a/$aws/rules/ingest')).toBeUndefined();
  });
});
