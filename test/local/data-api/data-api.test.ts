import { BatchExecuteStatementCommand, type Field, type SqlParameter } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { parameter, startTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startTestDatabase();
  await db.execute('CREATE TABLE hour (source int, hour int, value numeric, PRIMARY KEY (source, hour))');
});
afterAll(() => db.stop());

const fieldOf = async (expression: string, parameters?: SqlParameter[]): Promise<Field | undefined> =>
  (await db.execute(`SELECT ${expression}`, parameters)).records?.[0]?.[0];

describe('Data API: values that come back', () => {
  it.each<[string, Field]>([
    ['1::smallint', { longValue: 1 }],
    ['-7', { longValue: -7 }],
    ['9007199254740991::bigint', { longValue: 9007199254740991 }],
    ['count(*) FROM generate_series(1, 3)', { longValue: 3 }],
    ['0.1::float8', { doubleValue: 0.1 }],
    ['2.5::float4', { doubleValue: 2.5 }],
    ["'-Infinity'::float8", { doubleValue: Number.NEGATIVE_INFINITY }],
    ["'NaN'::float8", { doubleValue: Number.NaN }],
    // A decimal keeps its digits: it is no double
    ['1.50', { stringValue: '1.50' }],
    ['true', { booleanValue: true }],
    ["'text'", { stringValue: 'text' }],
    ["''", { stringValue: '' }],
    ['NULL', { isNull: true }],
    ["'\\x00ff'::bytea", { blobValue: new Uint8Array([0, 255]) }],
    [`'{"a": 1}'::jsonb`, { stringValue: '{"a": 1}' }],
    ["'8c3f7f3a-2f5d-4c2e-9a39-3f1bb2c7e0a1'::uuid", { stringValue: '8c3f7f3a-2f5d-4c2e-9a39-3f1bb2c7e0a1' }],
    ["'2018-01-31'::date", { stringValue: '2018-01-31' }],
    ["'17:08:20.5'::time", { stringValue: '17:08:20.500' }],
    ["'2018-01-01 00:00:00'::timestamp", { stringValue: '2018-01-01 00:00:00' }],
    // As Aurora prints an instant: the UTC wall clock, three or six digits of a fraction, no offset
    ["'2026-09-17 20:08:20.8-03'::timestamptz", { stringValue: '2026-09-17 23:08:20.800' }],
    ["'2026-09-17 17:08:20.000001+00'::timestamptz", { stringValue: '2026-09-17 17:08:20.000001' }],
    ["'{1,2}'::int[]", { arrayValue: { longValues: [1, 2] } }],
    ["'[0:1]={1,2}'::int[]", { arrayValue: { longValues: [1, 2] } }],
    ["'{1.5}'::float8[]", { arrayValue: { doubleValues: [1.5] } }],
    ["'{t,f}'::bool[]", { arrayValue: { booleanValues: [true, false] } }],
    [
      `'{a,"b c","d\\"e","","NULL","f,g"}'::text[]`,
      { arrayValue: { stringValues: ['a', 'b c', 'd"e', '', 'NULL', 'f,g'] } },
    ],
    ["'{}'::int[]", { arrayValue: { longValues: [] } }],
  ])('%s', async (expression, field) => {
    expect(await fieldOf(expression)).toMatchObject(field);
  });

  it('prints an instant in UTC in a session of another time zone too', async () => {
    const transactionId = await db.begin();
    await db.execute("SET LOCAL TIME ZONE 'America/Boise'", [], { transactionId });
    const sql = "SELECT '2018-03-11 09:30:00.25+00'::timestamptz";
    const { records } = await db.execute(sql, [], { transactionId });
    await db.rollback(transactionId);
    expect(records?.[0]?.[0]).toMatchObject({ stringValue: '2018-03-11 09:30:00.250' });
  });

  it.each([
    ["'1 day'::interval", 'The result contains the unsupported data type INTERVAL.'],
    ["'1'::money", 'The result contains the unsupported data type MONEY.'],
    ["'{{1,2},{3,4}}'::int[]", 'The result contains a multidimensional array.'],
    ["'{1,NULL}'::int[]", /NULL element.*cast it to text/],
  ])('refuses %s, and goes on', async (expression, message) => {
    await expect(fieldOf(expression)).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message: expect.stringMatching(message),
    });
    expect(await fieldOf('1')).toMatchObject({ longValue: 1 });
  });

  it('tells the columns when asked for them', async () => {
    const sql = 'SELECT 1 AS source, 2.25::numeric(10,3) AS "so2 mass", now() AS at';
    const { columnMetadata } = await db.execute(sql, [], { includeResultMetadata: true });
    expect(columnMetadata).toMatchObject([
      { name: 'source', label: 'source', typeName: 'int4', type: 4, isSigned: true },
      { name: 'so2 mass', typeName: 'numeric', type: 2, precision: 10, scale: 3 },
      { name: 'at', typeName: 'timestamptz', type: 93 },
    ]);
    expect(await db.execute(sql)).not.toHaveProperty('columnMetadata');
  });

  it('formats records as JSON, each digit of a decimal kept', async () => {
    const sql = `SELECT 1 AS a, 0.10000000000000000001 AS b, 'x"y' AS c, NULL AS d, true AS e, '{1,2}'::int[] AS f`;
    const { formattedRecords, records } = await db.execute(sql, [], { formatRecordsAs: 'JSON' });
    expect(formattedRecords).toBe('[{"a":1,"b":0.10000000000000000001,"c":"x\\"y","d":null,"e":true,"f":[1,2]}]');
    expect(records).toBeUndefined();
  });

  it('returns decimals as doubles and longs as strings when asked to', async () => {
    const resultSetOptions = { decimalReturnType: 'DOUBLE_OR_LONG', longReturnType: 'STRING' } as const;
    const { records } = await db.execute('SELECT 1.50, 9::bigint', [], { resultSetOptions });
    expect(records?.[0]).toMatchObject([{ doubleValue: 1.5 }, { stringValue: '9' }]);
  });
});

describe('Data API: parameters', () => {
  it.each<[string, Field, string | undefined, unknown]>([
    ['text', { stringValue: "it's :a" }, undefined, { stringValue: "it's :a" }],
    ['bigint', { longValue: 5 }, undefined, { longValue: 5 }],
    ['double precision', { doubleValue: 0.1 }, undefined, { doubleValue: 0.1 }],
    ['boolean', { booleanValue: true }, undefined, { booleanValue: true }],
    ['bytea', { blobValue: new Uint8Array([0, 39, 255]) }, undefined, { blobValue: new Uint8Array([0, 39, 255]) }],
    ['date', { stringValue: '2018-12-31' }, 'DATE', { stringValue: '2018-12-31' }],
    ['time without time zone', { stringValue: '23:59:59' }, 'TIME', { stringValue: '23:59:59' }],
    ['timestamp without time zone', { stringValue: '2018-12-31 23:59:59' }, 'TIMESTAMP', {}],
    ['numeric', { stringValue: '0.0030' }, 'DECIMAL', { stringValue: '0.0030' }],
    ['uuid', { stringValue: '8c3f7f3a-2f5d-4c2e-9a39-3f1bb2c7e0a1' }, 'UUID', {}],
    ['json', { stringValue: '{"a":1}' }, 'JSON', { stringValue: '{"a":1}' }],
  ])('binds as %s: %o %s', async (type, value, typeHint, field) => {
    const parameters = [{ name: 'p', value, typeHint } as SqlParameter];
    const { records } = await db.execute('SELECT :p, pg_typeof(:p)::text', parameters);
    expect(records?.[0]?.[0]).toMatchObject(field as Field);
    expect(records?.[0]?.[1]).toMatchObject({ stringValue: type });
  });

  it('binds null', async () => {
    const null_ = { isNull: true };
    expect(await fieldOf('CAST(:p AS int)', [{ name: 'p', value: null_ }])).toMatchObject(null_);
  });

  it('takes a text for an array by a cast', async () => {
    const { records } = await db.execute('SELECT x FROM unnest(CAST(:list AS int[])) x', [
      parameter.text('list', '{3,1}'),
    ]);
    expect(records).toMatchObject([[{ longValue: 3 }], [{ longValue: 1 }]]);
  });

  it('takes a numeric hint only for a number and a timestamp only in the form that AWS takes', async () => {
    const bad = (stringValue: string, typeHint: string) =>
      fieldOf(':p', [{ name: 'p', value: { stringValue }, typeHint } as SqlParameter]);
    await expect(bad('1,5', 'DECIMAL')).rejects.toMatchObject({ name: 'BadRequestException' });
    await expect(bad('2018-01-01T00:00:00Z', 'TIMESTAMP')).rejects.toMatchObject({ name: 'BadRequestException' });
  });

  it('refuses an array, and a name without a value', async () => {
    const array = [{ name: 'p', value: { arrayValue: { longValues: [1] } } }];
    await expect(fieldOf(':p', array)).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(fieldOf(':p', [])).rejects.toThrow('Cannot find parameter: p');
  });
});

describe('Data API: statements', () => {
  it('tells how many rows a statement changed', async () => {
    const insert = await db.execute('INSERT INTO hour SELECT 1, h, 0 FROM generate_series(1, 5) h');
    expect(insert).toMatchObject({ numberOfRecordsUpdated: 5, generatedFields: [] });
    expect(insert.records).toBeUndefined();
    const { numberOfRecordsUpdated } = await db.execute('DELETE FROM hour WHERE source = 1 AND hour > 2');
    expect(numberOfRecordsUpdated).toBe(3);
    expect(await db.execute('SELECT 1 WHERE false')).toMatchObject({ records: [], numberOfRecordsUpdated: 0 });
  });

  it('runs a batch once for each set, without rows in the answer', async () => {
    const sql = 'INSERT INTO hour VALUES (:source, :hour, 1)';
    const parameterSets = [1, 2, 3].map((hour) => [parameter.long('source', 2), parameter.long('hour', hour)]);
    const batch = await db.client.send(new BatchExecuteStatementCommand({ ...db.cluster, sql, parameterSets }));
    expect(batch.updateResults).toEqual(Array(3).fill({ generatedFields: [] }));
    expect(await fieldOf('count(*) FROM hour WHERE source = 2')).toMatchObject({ longValue: 3 });
  });

  it('keeps what a batch without a transaction did before the set that failed', async () => {
    const sql = 'INSERT INTO hour VALUES (3, :hour, 1)';
    const parameterSets = [1, 2, 1, 4].map((hour) => [parameter.long('hour', hour)]);
    const batch = db.client.send(new BatchExecuteStatementCommand({ ...db.cluster, sql, parameterSets }));
    await expect(batch).rejects.toThrow(/SQLState: 23505/);
    expect(await fieldOf('count(*) FROM hour WHERE source = 3')).toMatchObject({ longValue: 2 });
  });

  it('keeps nothing of a session for the next call', async () => {
    await db.execute("SET search_path = 'elsewhere'");
    await db.execute('BEGIN');
    const { records } = await db.execute('SHOW search_path');
    expect(records?.[0]?.[0]).toMatchObject({ stringValue: '"$user", public' });
  });

  it('runs a prepared statement on after its table has been altered', async () => {
    await db.execute('CREATE TABLE altered (a int)');
    for (let time = 0; time < 3; time += 1) await db.execute('SELECT * FROM altered');
    await db.execute('ALTER TABLE altered ADD b text');
    const { columnMetadata } = await db.execute('SELECT * FROM altered', [], { includeResultMetadata: true });
    expect(columnMetadata).toHaveLength(2);
  });

  it('lets the owner create roles and tables, and the roles log in with their own secret', async () => {
    await db.execute("CREATE ROLE reader LOGIN PASSWORD 'of reader'");
    await db.execute('GRANT SELECT ON hour TO reader');
    const secretArn = `${db.cluster.secretArn}-reader`;
    db.secrets.set(secretArn, { username: 'reader', password: 'of reader' });
    const { records } = await db.execute('SELECT current_user::text', [], { secretArn });
    expect(records?.[0]?.[0]).toMatchObject({ stringValue: 'reader' });
    await expect(db.execute('DELETE FROM hour', [], { secretArn })).rejects.toThrow(
      /permission denied.*SQLState: 42501/s,
    );
  });
});

describe('Data API: errors', () => {
  it("names PostgreSQL's message, detail and state as AWS prints them", async () => {
    await db.execute('INSERT INTO hour VALUES (9, 9, 1)');
    await expect(db.execute('INSERT INTO hour VALUES (9, 9, 1)')).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message:
        'ERROR: duplicate key value violates unique constraint "hour_pkey"\n' +
        '  Detail: Key (source, hour)=(9, 9) already exists.; SQLState: 23505',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(db.execute('SELEC 1')).rejects.toThrow(/^ERROR: syntax error.*Position: 1; SQLState: 42601$/s);
  });

  it('refuses more than one statement, no statement, and a schema', async () => {
    const refused = { name: 'ValidationException' };
    await expect(db.execute('SELECT 1; SELECT 2')).rejects.toThrow("Multistatements aren't supported.");
    await expect(db.execute(' ')).rejects.toMatchObject(refused);
    await expect(db.execute('SELECT 1', [], { schema: 'public' })).rejects.toMatchObject(refused);
  });

  it('refuses a cluster that does not exist, a secret that does not exist, and a wrong password', async () => {
    const resourceArn = `${db.cluster.resourceArn}2`;
    const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };
    await expect(db.execute('SELECT 1', [], { resourceArn })).rejects.toMatchObject(denied);
    const secretArn = `${db.cluster.secretArn}-2`;
    await expect(db.execute('SELECT 1', [], { secretArn })).rejects.toMatchObject({ name: 'SecretsErrorException' });
    db.secrets.set(secretArn, { username: 'emissionwatch_owner', password: 'changed since' });
    await expect(db.execute('SELECT 1', [], { secretArn })).rejects.toThrow(
      'FATAL: password authentication failed for user "emissionwatch_owner"; SQLState: 28P01',
    );
  });

  it('ends a statement at the time limit', async () => {
    await expect(db.execute('SELECT pg_sleep(60)')).rejects.toMatchObject({ name: 'StatementTimeoutException' });
  });

  it('lets a statement go on after the time limit when asked to, and tells the caller all the same', async () => {
    await db.execute('CREATE TABLE slow (a int)');
    const sql = 'INSERT INTO slow SELECT 1 FROM pg_sleep(1.5)';
    const answer = db.execute(sql, [], { continueAfterTimeout: true });
    await expect(answer).rejects.toMatchObject({ name: 'StatementTimeoutException' });
    await eventually(async () => (await fieldOf('count(*) FROM slow'))?.longValue === 1);
    await expect(db.execute('SELECT pg_sleep(60)')).rejects.toMatchObject({ name: 'StatementTimeoutException' });
  });

  it('goes on after every connection has been ended', async () => {
    await fieldOf('1');
    await db.killConnections();
    await eventually(() =>
      fieldOf('1').then(
        () => true,
        () => false,
      ),
    );
    expect(await fieldOf('1')).toMatchObject({ longValue: 1 });
  });

  it('says that the database is not available to a statement whose connection dies under it', async () => {
    const cut = expect(db.execute('SELECT pg_sleep(0.9)')).rejects.toMatchObject({
      name: 'DatabaseUnavailableException',
      $metadata: { httpStatusCode: 504 },
    });
    const running = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.9)%' AND application_name = 'data-api'`;
    await eventually(async () => (await db.asSuperuser(running)).length > 0);
    await db.killConnections();
    await cut;
  });

  it('can be told by a test to lose a reply: the statement ran, and a client that repeats it runs it twice', async () => {
    await db.execute('CREATE TABLE twice (a int)');
    let lost = 0;
    db.api.setFault((operation) => (operation === 'ExecuteStatement' && lost++ === 0 ? 'lose-reply' : undefined));
    await expect(db.execute('INSERT INTO twice VALUES (1)')).rejects.toThrow();
    db.api.setFault(undefined);
    expect(await fieldOf('count(*) FROM twice')).toMatchObject({ longValue: 1 });
  });
});

describe('Data API: limits', () => {
  // Every row counts 2 bytes, and every value 4 and its own: 42 for a uuid, 1 MiB is 24,966 of them.
  const uuids = (rows: number) => db.execute(`SELECT md5(n::text)::uuid FROM generate_series(1, ${rows}) n`);

  it('returns a result of 1 MiB', async () => {
    expect((await uuids(24_966)).records).toHaveLength(24_966);
  });

  it('refuses a result over 1 MiB, and goes on', async () => {
    await expect(uuids(24_967)).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message: 'The result exceeds the size limit 1 MB.',
    });
    expect(await fieldOf('1')).toMatchObject({ longValue: 1 });
  });

  it('refuses a row over 64 KB', async () => {
    expect(await fieldOf("length(repeat('x', 65530)), repeat('x', 60000)")).toMatchObject({ longValue: 65530 });
    await expect(fieldOf("repeat('x', 65531)")).rejects.toThrow(/Packet for query is too large/);
  });

  it('takes a request of almost 4 MiB and refuses a longer one', async () => {
    const length = (size: number) => fieldOf('length(:p)', [parameter.text('p', 'x'.repeat(size))]);
    expect(await length(4_190_000)).toMatchObject({ longValue: 4_190_000 });
    await expect(length(4_194_304)).rejects.toMatchObject({ $metadata: { httpStatusCode: 413 } });
  });
});
