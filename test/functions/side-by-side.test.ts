import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emissionHour } from '#core/contracts/emission-hour';
import { measurementMessage } from '#core/contracts/measurement-message';
import { validatedMinutes } from '#core/contracts/validated-minutes';
import type { MinuteBatch } from '#core/ports';
import { makeHandler as calculateEmissions } from '../../functions/calculate-emissions/handler.ts';
import { makeHandler as checkCompliance } from '../../functions/check-compliance/handler.ts';
import { makeHandler as validateMeasurements } from '../../functions/validate-measurements/handler.ts';
import { context, envelopeOf, kinesisEvent } from './events.ts';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

// For ten minutes of every deployment, old and new code read the same streams and write the same tables. What a version
// has sent lies in test/golden/events/ under that version, and stays there.

const EVENTS = 'test/golden/events';
const event = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(EVENTS, `${name}.json`), 'utf8'));
const events = (contract: string) =>
  readdirSync(EVENTS)
    .filter((name) => name.startsWith(`${contract}-`))
    .map((name) => name.replace('.json', ''))
    .sort();
const latest = (contract: string) => event(events(contract).at(-1)!);
const PLAN = plant('P1', ['A']);

/** What a function that reads a stream stores of these records. */
const stored = async (records: readonly unknown[]) => {
  const store = memoryStore([PLAN]);
  const batches: MinuteBatch[] = [];
  const minutes = { storeMinutes: async (given: readonly MinuteBatch[]) => void batches.push(...given) };
  const handler = calculateEmissions({ ...store, minutes });
  await handler(kinesisEvent(records.map((record) => ({ key: 'P1', data: JSON.stringify(record) }))), context);
  return batches;
};

describe('new code reads what old code has sent', () => {
  it.each([
    ['measurement-message', measurementMessage],
    ['validated-minutes', validatedMinutes],
    ['emission-hour', emissionHour],
  ])('every version of %s', (contract, schema) => {
    expect(events(contract).length).toBeGreaterThan(0);
    for (const name of events(contract)) {
      const { success, error } = schema.safeParse(event(name));
      expect([name, success, error?.issues ?? []]).toEqual([name, true, []]);
    }
  });

  it('and stores the same minutes of it as of what new code sends', async () => {
    const [last, ...before] = events('validated-minutes').map(event).reverse();
    for (const older of before) expect(await stored([older])).toEqual(await stored([last]));
  });
});

describe('old code reads what new code sends', () => {
  it('because a reader passes over what it does not know', async () => {
    const known = latest('validated-minutes') as { sources: object[] };
    const later = {
      ...known,
      addedLater: { anything: true },
      sources: known.sources.map((source) => ({ ...source, addedLater: 1 })),
    };
    expect(await stored([later])).toEqual(await stored([known]));
  });

  it('also of hours, of which only the name of what changed is read', async () => {
    const asked: unknown[] = [];
    const store = memoryStore([PLAN]);
    const handler = checkCompliance({
      ...store,
      compliance: {
        withFacilities: (facilities, work) => {
          asked.push(facilities);
          return work({
            operatingHours: async () => new Map(),
            replaceRecords: async () => false,
            runsAround: async () => [],
            keepRuns: async () => {},
          });
        },
      },
    });
    const hour = { ...latest('emission-hour'), v: 2, values: 'of another form', addedLater: 1 };
    await handler(kinesisEvent([{ key: 'P1', data: JSON.stringify(hour) }]), context);
    expect(asked).toEqual([['P1']]);
  });

  it('because what is sent is what is on record: a new form is put there, under its version, before it is sent', async () => {
    const store = memoryStore([PLAN]);
    const handler = validateMeasurements({ ...store, now: () => Date.UTC(2026, 0, 5, 12) });
    await handler(kinesisEvent([{ key: 'P1', data: envelopeOf('P1', latest('measurement-message')) }]), context);
    expect(store.validated.records.map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      latest('validated-minutes'),
    ]);
  });
});

describe('old code runs on the new schema', () => {
  const MIGRATIONS = 'functions/migrate-database/migrations';
  const takesAway =
    /\b(drop\s+(table|column|view|function)|rename\s+(to|column)|alter\s+column\s+\w+\s+(type|set\s+not\s+null|set\s+data)|truncate\s+table|revoke)\b/i;
  const withoutComments = (sql: string) => sql.replace(/--.*$/gm, '');

  it.each(readdirSync(MIGRATIONS).slice(1))('because %s only adds', (file) => {
    const sql = withoutComments(readFileSync(join(MIGRATIONS, file), 'utf8'));
    expect(takesAway.exec(sql)?.[0]).toBeUndefined();
  });

  it.each(readdirSync(MIGRATIONS).slice(1))('and what %s adds to a table, old code need not fill in', (file) => {
    const sql = withoutComments(readFileSync(join(MIGRATIONS, file), 'utf8'));
    const columns = [...sql.matchAll(/add\s+column\s+([^,;]+)/gi)].map(([, column]) => column!);
    for (const column of columns) if (/not\s+null/i.test(column)) expect(column).toMatch(/\bdefault\b|\bgenerated\b/i);
  });

  it('a migration that takes away would be found', () => {
    for (const sql of ['drop table minute', 'alter table hour rename column a to b', 'alter column v type text'])
      expect(takesAway.test(sql)).toBe(true);
    expect(takesAway.test('create trigger x before update or delete or truncate on y')).toBe(false);
  });
});
