import type { Context } from 'aws-lambda';
import type {
  ComplianceStore,
  HourStore,
  LandingStore,
  MinuteStore,
  PlanStore,
  QuarantineStore,
  Stream,
  StreamRecord,
} from '#core/ports';
import { makeHandler as calculateEmissions } from '../../functions/calculate-emissions/handler.ts';
import { makeHandler as checkCompliance } from '../../functions/check-compliance/handler.ts';
import { makeHandler as closePeriods } from '../../functions/close-periods/handler.ts';
import { makeHandler as validateMeasurements } from '../../functions/validate-measurements/handler.ts';
import { context, kinesisEvent } from './events.ts';

/** What the four functions run on. */
export interface PipelineStore {
  readonly plans: PlanStore;
  readonly minutes: MinuteStore;
  readonly hours: HourStore;
  readonly compliance: ComplianceStore;
  readonly landing: LandingStore;
  readonly quarantine: QuarantineStore;
  readonly validated: Stream & { readonly records: readonly StreamRecord[] };
  readonly emissions: Stream & { readonly records: readonly StreamRecord[] };
  /** From now on every facility counts as silent: its open hours are due. */
  silence(): Promise<void>;
}

type Batch = readonly StreamRecord[];
/** Cuts a stream into batches; the default takes it whole. */
export type Cut = (records: Batch) => readonly Batch[];

type Handler = (event: ReturnType<typeof kinesisEvent>, context: Context) => Promise<unknown>;

/** A crash is given again until it goes through, as an event source mapping does. */
const RETRIES = 200;

const untilDone = async (run: () => Promise<unknown>): Promise<void> => {
  for (let attempt = 0; ; attempt++) {
    try {
      await run();
      return;
    } catch (error) {
      if (attempt === RETRIES || !isCrash(error)) throw error;
    }
  }
};

export const CRASH = 'crashed here on purpose';
const isCrash = (error: unknown): boolean =>
  error instanceof AggregateError ? error.errors.every(isCrash) : (error as Error).message === CRASH;

/** The four functions over one store, driven to the end: every record processed, every period closed. */
export const runPipeline = async (
  store: PipelineStore,
  messages: Batch,
  cut: Cut = (records) => [records],
  now: () => number = () => 4_000_000_000_000,
): Promise<void> => {
  const validate = validateMeasurements({ ...store, now }) as unknown as Handler;
  const calculate = calculateEmissions(store) as unknown as Handler;
  const check = checkCompliance(store) as unknown as Handler;
  const close = closePeriods(store) as unknown as (event: unknown, context: Context) => Promise<unknown>;

  const consumed = new Map<Batch, number>();
  const consume = async (stream: Batch, handler: Handler) => {
    const from = consumed.get(stream) ?? 0;
    const to = stream.length;
    consumed.set(stream, to);
    for (const batch of cut(stream.slice(from, to)))
      if (batch.length > 0) await untilDone(() => handler(kinesisEvent(batch, from), context));
  };

  for (const batch of cut(messages)) {
    if (batch.length > 0) await untilDone(() => validate(kinesisEvent(batch), context));
    await consume(store.validated.records, calculate);
    await consume(store.emissions.records, check);
  }
  await store.silence();
  await untilDone(() => close({}, context));
  await consume(store.emissions.records, check);
};
