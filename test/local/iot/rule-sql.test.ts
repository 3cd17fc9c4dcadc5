import { describe, expect, it } from 'vitest';
import type { RuleMessage } from '../../../local/services/iot/expressions.ts';
import { compileSql } from '../../../local/services/iot/rule-sql.ts';
import { compileTemplate } from '../../../local/services/iot/substitution.ts';
import { INGEST_RULE } from './local-iot.ts';

const topic = 'emissionwatch/v1/3/agent-3/minutes';
const message: RuleMessage = {
  topic,
  levels: topic.split('/'),
  clientId: 'agent-3',
  payload: Buffer.from([0x1f, 0x8b, 0x00, 0xff]),
  received: 1_700_000_000_000,
};
const selected = (sql: string) => JSON.parse(compileSql(sql).select(message).toString()) as unknown;

describe('the SQL of a topic rule', () => {
  it('wraps the payload as base64, untouched, with what the topic says', () => {
    // 1f 8b 00 ff in base64, by RFC 4648: H4sA/w==
    expect(compileSql(INGEST_RULE.sql).select(message).toString()).toBe(
      '{"payload":"H4sA/w==","facility":"3","thing":"agent-3","received":1700000000000}',
    );
  });

  it('reads FROM as a topic filter', () => {
    const { from } = compileSql(INGEST_RULE.sql);
    expect(from!(topic.split('/'))).toBe(true);
    expect(from!('emissionwatch/v1/3/agent-3/hours'.split('/'))).toBe(false);
    expect(from!('emissionwatch/v1/3/agent-3/minutes/x'.split('/'))).toBe(false);
  });

  it('needs no FROM when only Basic Ingest reaches it', () => {
    expect(compileSql('SELECT topic() AS t').from).toBeUndefined();
  });

  it('knows literals, the topic and the client id, in any case of its keywords and over several lines', () => {
    expect(selected("select 'it''s' as s, 1.5 As n,\n topic() as t, clientid() as c from 'a'")).toEqual({
      s: "it's",
      n: 1.5,
      t: topic,
      c: 'agent-3',
    });
  });

  it('leaves out a field whose topic level does not exist', () => {
    expect(selected('SELECT topic(6) AS a, topic(5) AS b')).toEqual({ b: 'minutes' });
  });

  it.each([
    ['SELECT *', 'at character 8, "*"'],
    ["SELECT temperature AS t FROM 'a'", 'at character 8, "temperature"'],
    ["SELECT topic(3) AS f FROM 'a' WHERE topic(3) <> '4'", 'at character 46, "<"'],
    ["SELECT topic(3) AS f FROM 'a' WHERE topic(3)", 'at character 31, "WHERE"'],
    ["SELECT topic(3) FROM 'a'", '"FROM" stands where "AS" is expected'],
    ["SELECT topic(0) AS f FROM 'a'", 'at character 14, "0"'],
    ["SELECT topic('3') AS f FROM 'a'", 'at character 14, "3"'],
    ["SELECT timestamp(1) AS f FROM 'a'", 'at character 18, "1"'],
    ["SELECT encode(*, 'hex') AS f FROM 'a'", 'at character 18, "hex"'],
    ["SELECT encode(value, 'base64') AS f FROM 'a'", 'at character 15, "value"'],
    ["SELECT parse_time('yyyy', timestamp()) AS f FROM 'a'", 'at character 8, "parse_time"'],
    ["SELECT topic(1) AS a, topic(2) AS a FROM 'a'", 'at character 35, "a" names a second field'],
    ["SELECT topic(1) + 1 AS a FROM 'a'", 'at character 17, "+"'],
    ["SELECT topic(1) AS a FROM 'a/#/b'", '"#" stands only alone in the last level'],
    ['SELECT topic(1) AS a FROM a', 'at character 27, "a" is not a quoted topic filter'],
    ['SELECT topic(1) AS', 'at character 19, "the end"'],
    ['UPDATE x', 'at character 1, "UPDATE"'],
    ["SELECT 'open AS a", `at character 8, "'"`],
  ])('refuses %s, and says where', (sql, place) => {
    expect(() => compileSql(sql)).toThrow(place);
  });
});

describe('a substitution template', () => {
  it('puts values between its text', () => {
    const key = compileTemplate(`failed/\${topic(3)}/\${timestamp()}-\${clientid()}.json`);
    expect(key(message)).toBe('failed/3/1700000000000-agent-3.json');
  });

  it('gives every message another uuid', () => {
    const key = compileTemplate(`\${newuuid()}`);
    expect(key(message)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(key(message)).not.toBe(key(message));
  });

  it('has no value when one of its parts has none', () => {
    expect(compileTemplate(`a/\${topic(9)}`)(message)).toBeUndefined();
  });

  it.each([`\${temperature}`, `\${topic(3) + 1}`, `\${topic(3)`, `\${}`])('refuses %s', (template) => {
    expect(() => compileTemplate(template)).toThrow(template);
  });
});
