import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await startTestDatabase();
  await db.execute('CREATE TABLE clock (facility text PRIMARY KEY, watermark int)');
});
afterAll(() => db.stop());
beforeEach(async () => {
  await db.execute('DELETE FROM clock');
});

const watermarks = async (transactionId?: string) => {
  const { records } = await db.execute('SELECT watermark FROM clock ORDER BY facility', [], { transactionId });
  return records?.map((row) => row[0]?.longValue);
};
const insert = (facility: string, watermark: number, transactionId?: string) =>
  db.execute(`INSERT INTO clock VALUES ('${facility}', ${watermark})`, [], { transactionId });
const NOT_FOUND = { name: 'TransactionNotFoundException', $metadata: { httpStatusCode: 404 } };

describe('Data API: transactions', () => {
  it('shows nothing to others until it is committed, and all of it then', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    await insert('6706', 2, id);
    expect(await watermarks(id)).toEqual([1, 2]);
    expect(await watermarks()).toEqual([]);
    expect((await db.commit(id)).transactionStatus).toBe('Transaction Committed');
    expect(await watermarks()).toEqual([1, 2]);
  });

  it('leaves nothing of what is rolled back', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    expect((await db.rollback(id)).transactionStatus).toBe('Rollback Complete');
    expect(await watermarks()).toEqual([]);
  });

  it('is over when it has ended', async () => {
    const id = await db.begin();
    await db.commit(id);
    await expect(insert('6705', 1, id)).rejects.toMatchObject(NOT_FOUND);
    await expect(db.commit(id)).rejects.toMatchObject(NOT_FOUND);
    await expect(db.rollback('none')).rejects.toMatchObject(NOT_FOUND);
  });

  it('does not commit after a statement in it has failed', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    await expect(insert('6705', 2, id)).rejects.toThrow(/SQLState: 23505/);
    await expect(watermarks(id)).rejects.toThrow(/SQLState: 25P02/);
    await expect(db.commit(id)).rejects.toThrow(/SQLState: 25P02/);
    expect(await watermarks()).toEqual([]);
  });

  it('goes on from a savepoint after a statement has failed', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    await db.execute('SAVEPOINT before', [], { transactionId: id });
    await expect(insert('6705', 2, id)).rejects.toThrow(/SQLState: 23505/);
    await db.execute('ROLLBACK TO before', [], { transactionId: id });
    await db.commit(id);
    expect(await watermarks()).toEqual([1]);
  });

  it('holds a row lock until it ends', async () => {
    await insert('6705', 1);
    const id = await db.begin();
    await db.execute("SELECT 1 FROM clock WHERE facility = '6705' FOR UPDATE", [], { transactionId: id });
    let done = false;
    const other = db.execute('UPDATE clock SET watermark = watermark + 1').then(() => {
      done = true;
    });
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    await eventually(async () => (await db.asSuperuser(waiting)).length > 0);
    expect(done).toBe(false);
    await db.execute('UPDATE clock SET watermark = 10', [], { transactionId: id });
    await db.commit(id);
    await other;
    expect(await watermarks()).toEqual([11]);
  });

  it('is refused to a second call while the first still runs', async () => {
    const id = await db.begin();
    const outcomes = await Promise.allSettled([
      db.execute('SELECT pg_sleep(0.2)', [], { transactionId: id }),
      db.execute('SELECT pg_sleep(0.2)', [], { transactionId: id }),
    ]);
    const refused = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => String(reason.message));
    expect(refused).toEqual(['Transaction is still running a query']);
    await db.rollback(id);
  });

  it('is not open to another secret', async () => {
    const secretArn = `${db.cluster.secretArn}-other`;
    db.secrets.set(secretArn, db.secrets.get(db.cluster.secretArn)!);
    const id = await db.begin();
    const other = db.execute('SELECT 1', [], { transactionId: id, secretArn });
    await expect(other).rejects.toMatchObject({ name: 'BadRequestException' });
    await db.rollback(id);
  });

  it('is rolled back when its connection dies, and is not found from then on', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    await db.killConnections();
    await eventually(() =>
      watermarks(id).then(
        () => false,
        (error: Error) => error.name === NOT_FOUND.name,
      ),
    );
    await eventually(() =>
      watermarks().then(
        (rows) => rows?.length === 0,
        () => false,
      ),
    );
  });

  it('is rolled back when no call has used it for the time limit', async () => {
    const id = await db.begin();
    await insert('6705', 1, id);
    const open = `SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND application_name = 'data-api'`;
    await eventually(async () => (await db.asSuperuser(open)).length === 0);
    await expect(db.commit(id)).rejects.toMatchObject(NOT_FOUND);
    expect(await watermarks()).toEqual([]);
  });

  it('does not keep statements outside of it waiting, however many are open', async () => {
    const ids = await Promise.all(Array.from({ length: 15 }, db.begin));
    expect(await watermarks()).toEqual([]);
    await Promise.all(ids.map(db.rollback));
  });

  it('is rolled back, and the next call works, when the database server is killed', async () => {
    await insert('6705', 1);
    const id = await db.begin();
    await insert('6706', 2, id);
    const killed = db.postgres.pid;
    process.kill(killed, 'SIGKILL');
    await eventually(() => db.postgres.pid !== killed);
    await eventually(() =>
      watermarks().then(
        () => true,
        () => false,
      ),
    );
    await expect(db.commit(id)).rejects.toMatchObject(NOT_FOUND);
    expect(await watermarks()).toEqual([1]);
  });
});
