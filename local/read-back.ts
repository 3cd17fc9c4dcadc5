import type { Database } from '#adapters/data-api';
import { dataApiRecords } from '#adapters/data-api-records';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Arguments } from './arguments.ts';
import type { LocalCloud } from './cloud.ts';
import { stateDigest } from './digest.ts';
import { exportHours } from './export.ts';
import { type Comparison, comparison } from './replay/compare.ts';
import { type InputOverview, inputHours } from './replay/input.ts';
import type { Assignment } from './run.ts';
import { hourCounts, type Result } from './summary.ts';

export interface ReadBack {
  readonly given: Pick<Arguments, 'input' | 'unit' | 'export'>;
  readonly input: InputOverview | undefined;
  readonly database: Database;
  readonly assignment: Assignment;
  readonly cloud: Pick<LocalCloud, 'counters'>;
  readonly samples: number;
  readonly seconds: number;
}

/** Reads the stored hours and records back from the database, and holds them against the input. */
export const readBack = async ({
  given,
  input,
  database,
  assignment,
  cloud,
  samples,
  seconds,
}: ReadBack): Promise<Result & { readonly lost: readonly string[]; readonly different: readonly string[] }> => {
  const facilities = assignment.plans.map(({ facility }) => facility);
  const records = dataApiRecords(database);
  const { counts, add } = hourCounts();
  let exceedances = 0;
  const digest = await stateDigest(
    each(records.hours(facilities), add),
    each(records.compliance(facilities), ({ state }) => {
      if (state === 'exceedance') exceedances++;
    }),
  );
  if (given.export) {
    const orisCodes = new Map(assignment.plans.map(({ facility, orisCode }) => [facility, orisCode]));
    await exportHours(given.export, records.hours(facilities), orisCodes);
  }
  const quarantined = [...(await records.quarantined()).values()].reduce((total, count) => total + count, 0);
  const held = input ? await compareWithInput(given, records.hours(facilities)) : undefined;
  const failed = cloud.counters().failedBatches;
  return {
    ...counts,
    compared: held?.compared,
    exceedances,
    samples,
    seconds,
    stateDigest: digest,
    unreadableLines: input?.unreadable.length ?? 0,
    quarantined,
    different: held?.different ?? [],
    lost: [
      ...(held?.lost ?? []),
      ...(failed > 0 ? [`${failed} batches ran out of retries and lie in the bucket of failed batches`] : []),
    ],
  };
};

async function* each<T>(items: AsyncIterable<T>, look: (item: T) => void): AsyncGenerator<T> {
  for await (const item of items) {
    look(item);
    yield item;
  }
}

/** Lost hours are named up to this many. */
const NAMED = 5;

const compareWithInput = async (
  given: ReadBack['given'],
  hours: AsyncIterable<EmissionHour>,
): Promise<{
  readonly compared: Comparison;
  readonly lost: readonly string[];
  readonly different: readonly string[];
}> => {
  const stored = new Map<string, EmissionHour>();
  for await (const hour of hours)
    stored.set(`${hour.facility} ${hour.source} ${hour.date} ${hour.clockHour}`, { ...hour, channels: {} });
  const { counts, differences, add } = comparison();
  const missing: string[] = [];
  for await (const item of inputHours(given.input, given.unit)) {
    if (item.kind === 'unreadable') continue;
    const found = stored.get(`${item.orisCode} ${item.unit} ${item.date} ${item.hour}`);
    add(item, found);
    if (!found)
      missing.push(`hour lost: ${item.orisCode}/${item.unit} ${item.date} ${item.hour}:00 is not in the database`);
  }
  const more = missing.length > NAMED ? [`and ${missing.length - NAMED} more hours`] : [];
  return {
    compared: counts,
    lost: [...missing.slice(0, NAMED), ...more],
    different: differences.map(
      ({ hour, value, published, stored: found }) =>
        `differs: ${hour.orisCode}/${hour.unit} ${hour.date} ${hour.hour}:00 ${value}: published ${published}, stored ${found ?? 'none'}`,
    ),
  };
};
