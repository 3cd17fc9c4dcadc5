import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../functions/migrate-database/migrate.ts';
import { MIGRATIONS, ROLES, testDatabase } from './database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

describe('migrate-database', () => {
  it('applies nothing twice', async () => {
    expect(await migrate(database.as('owner'), MIGRATIONS, ROLES.map(database.login))).toEqual([]);
  });

  it('applies what is new, in order, with its entry, or not at all', async () => {
    const owner = database.as('owner');
    const good = { name: '0901-good.sql', sql: 'create table good (a int);' };
    const bad = { name: '0902-bad.sql', sql: 'create table half (a int); create table good (a int);' };
    await expect(migrate(owner, [bad, good], [])).rejects.toThrow(/already exists/);
    const [tables] = await owner.execute(
      "select cast(to_regclass('good') is not null as text), cast(to_regclass('half') is not null as text)",
    );
    expect(tables).toEqual(['true', 'false']);
    const names = await owner.execute("select name from schema_migration where name like '09%'");
    expect(names).toEqual([['0901-good.sql']]);
  });

  it('refuses a file that changed after it was applied', async () => {
    const changed = MIGRATIONS.map(({ name, sql }) => ({ name, sql: `${sql}\n-- changed` }));
    await expect(migrate(database.as('owner'), changed, [])).rejects.toThrow(/was changed after it was applied/);
  });

  it('gives each role a new password when its secret has changed', async () => {
    await migrate(database.as('owner'), MIGRATIONS, [{ username: 'check_compliance', password: "it's new" }]);
    await expect(database.as('check_compliance').execute('select 1')).rejects.toThrow(/password/);
    await migrate(database.as('owner'), MIGRATIONS, [database.login('check_compliance')]);
  });

  it.each([
    ['check_compliance', 'select * from minute'],
    ['check_compliance', 'delete from hour'],
    ['calculate_emissions', 'delete from minute'],
    ['calculate_emissions', 'create table mine (a int)'],
    ['calculate_emissions', 'delete from quarantine'],
    ['validate_measurements', 'select * from hour'],
    ['validate_measurements', "update facility set plan = '{}'"],
    ['validate_measurements', 'delete from quarantine'],
    ['operator', 'delete from quarantine'],
    ['operator', "update quarantine set code = 'FUTURE'"],
    ['operator', 'delete from declared_outage'],
    ['operator', 'update declared_outage set until_minute = 0'],
    ['operator', 'delete from replaced_plan'],
    ['operator', 'select * from minute'],
    ['operator', 'update hour set operating_time = 0'],
  ] as const)('%s may not: %s', async (role, sql) => {
    await expect(database.as(role).execute(sql)).rejects.toThrow(/permission denied/);
  });
});
