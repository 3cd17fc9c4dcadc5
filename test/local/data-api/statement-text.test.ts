import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStatement } from '../../../local/services/data-api/statement-text.ts';

describe('named parameters of a Data API statement', () => {
  it.each([
    ['SELECT :a', 'SELECT $1', ['a']],
    ['SELECT :a, :b_2 WHERE x=:a', 'SELECT $1, $2 WHERE x=$3', ['a', 'b_2', 'a']],
    ['SELECT CAST(:a AS int[]), :b::date', 'SELECT CAST($1 AS int[]), $2::date', ['a', 'b']],
    ["SELECT ':a', 'it''s :b', :c", "SELECT ':a', 'it''s :b', $1", ['c']],
    ["SELECT E'\\' :a', :b", "SELECT E'\\' :a', $1", ['b']],
    ["SELECT 'a\\', :b", "SELECT 'a\\', $1", ['b']],
    ["SELECT type'\\', :b", "SELECT type'\\', $1", ['b']],
    ['SELECT ":a" FROM "odd "":b"" name" WHERE c=:c', 'SELECT ":a" FROM "odd "":b"" name" WHERE c=$1', ['c']],
    ['SELECT 1 -- :a\n, :b', 'SELECT 1 -- :a\n, $1', ['b']],
    ['SELECT /* :a /* :b */ :c */ :d', 'SELECT /* :a /* :b */ :c */ $1', ['d']],
    ["SELECT $$a$$, $x$ it's $$ $x$, :b", "SELECT $$a$$, $x$ it's $$ $x$, $1", ['b']],
    ['SELECT a$1 FROM t$x$y WHERE :b', 'SELECT a$1 FROM t$x$y WHERE $1', ['b']],
    ['DO $$ BEGIN x := 1; y := z::int; END $$', 'DO $$ BEGIN x := 1; y := z::int; END $$', []],
    ["SELECT $$ to_char(x, 'HH24:MI') $$", "SELECT $$ to_char(x, 'HH24:MI') $$", []],
    ['SELECT 1; -- done :a\n', 'SELECT 1; -- done :a\n', []],
    ["SELECT 'unfinished :a", "SELECT 'unfinished :a", []],
  ])('%s', (sql, text, names) => {
    expect(readStatement(sql)).toEqual({ text, names });
  });

  it.each(['SELECT 1; SELECT 2', "SELECT 1; 'x'", 'SELECT 1; /* */ :a', "SELECT ';';x"])(
    'refuses more than one statement, as the Data API does: %s',
    (sql) => {
      expect(() => readStatement(sql)).toThrow("Multistatements aren't supported.");
    },
  );

  it('takes a semicolon in a text, a comment or a function body for what it is', () => {
    const sql = 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $f$ SELECT 1; SELECT 2; $f$ /* ; */ -- ;\n; ';
    expect(readStatement(sql).text).toBe(sql);
  });

  it('refuses a name in a function body, which the Data API would replace there in silence', () => {
    expect(() => readStatement('DO $$ BEGIN PERFORM :a; END $$')).toThrow(/:a inside a dollar quote/);
  });

  it('refuses $1, which is no parameter of the Data API', () => {
    expect(() => readStatement('SELECT $1')).toThrow(/write :name/);
  });

  const quoted = fc.string().map((text) => `'${text.replaceAll("'", "''")}'`);
  const identifier = fc.string().map((text) => `"${text.replaceAll('"', '""')}"`);
  const comment = fc.string().map((text) => `/*${text.replaceAll('*', '').replaceAll('/', '')}*/`);
  const line = fc.string().map((text) => `--${text.replaceAll('\n', '')}\n`);
  const dollar = fc.string().map((text) => `$q$${text.replace(/[$:]/g, '')}$q$`);
  const plain = fc.constantFrom('SELECT', ',', ' ', '\n', '(', ')', '::int', 'x.y', '+', '1.5', ':= ', 'e', 'ü');
  const name = fc.stringMatching(/^[a-z]\w{0,9}$/).map((word) => ({ name: word }));
  const pieces = fc.array(fc.oneof(quoted, identifier, comment, line, dollar, plain, name), { maxLength: 30 });

  it('replaces every name outside of quotes and comments, and changes nothing else', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const sql = parts.map((part) => (typeof part === 'string' ? ` ${part}` : ` :${part.name} `)).join('');
        let count = 0;
        const expected = parts.map((part) => (typeof part === 'string' ? ` ${part}` : ` $${++count} `)).join('');
        const names = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]));
        expect(readStatement(sql)).toEqual({ text: expected, names });
      }),
      { numRuns: 500 },
    );
  });

  it('never fails in another way than by a refusal, whatever the text', () => {
    const odd = fc.string({
      unit: fc.constantFrom("'", '"', '$', ':', ';', '-', '/', '*', '\\', 'E', 'a', '1', '\n', ' '),
    });
    fc.assert(
      fc.property(odd, (sql) => {
        try {
          const { text, names } = readStatement(sql);
          expect(text.length).toBeGreaterThanOrEqual(names.length * 2);
        } catch (error) {
          expect((error as Error).name).toBe('ValidationException');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
