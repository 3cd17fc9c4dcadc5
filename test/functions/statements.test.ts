import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../functions/migrate-database/statements.ts';

describe('a migration file', () => {
  it('is split at semicolons', () => {
    expect(statementsOf('create table a (b int);\ncreate table c (d int);\n')).toEqual([
      'create table a (b int)',
      'create table c (d int)',
    ]);
  });

  it('keeps semicolons in strings, names, dollar-quoted bodies and comments', () => {
    expect(statementsOf(`select 'a;''b', "c;d" -- e;f\n, 2 - 1; do $x$ begin; end $x$; select $1`)).toEqual([
      `select 'a;''b', "c;d" \n, 2 - 1`,
      'do $x$ begin; end $x$',
      'select $1',
    ]);
  });

  it.each(readdirSync('functions/migrate-database/migrations'))('%s begins every statement with a verb', (name) => {
    const statements = statementsOf(readFileSync(`functions/migrate-database/migrations/${name}`, 'utf8'));
    expect(statements.length).toBeGreaterThan(0);
    for (const statement of statements)
      expect(statement).toMatch(/^(create|alter|grant|revoke|drop|insert|update|with) /);
  });
});
