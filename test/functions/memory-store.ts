import type { ExceedanceNotice } from '#core/alarms/exceedance-notice';
import { exceedanceRuns, type StoredRun } from '#core/compliance/exceedance-runs';
import type { UnlimitedHours } from '#core/compliance/limits';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import type {
  ComplianceStore,
  HourStore,
  LandingStore,
  MinuteStore,
  PlannedFacility,
  PlanStore,
  QuarantinedRecord,
  QuarantineStore,
  SourceHour,
  SourceMinute,
  StoredHour,
  Stream,
  StreamRecord,
} from '#core/ports';
import { minuteOfText } from '#core/time';

/** Called before and after every write; a test throws in it to stand for a crash at that point. */
export type AtWrite = (when: 'before' | 'after', what: string) => void;

interface State {
  minutes: Map<string, SourceMinute>;
  clocks: Map<string, number>;
  dirty: Map<string, SourceHour>;
  hours: Map<string, StoredHour>;
  unpublished: Map<string, SourceHour & { version: number }>;
  records: Map<string, { sourceId: number; end: number; record: ComplianceRecord }>;
  runs: Map<number, MemoryRun>;
  /** By their keys. */
  notices: Map<string, ExceedanceNotice>;
}

interface MemoryRun {
  readonly sourceId: number;
  readonly rule: string;
  readonly run: StoredRun;
  readonly retracted: boolean;
  readonly mergedInto: number | null;
}

/** Without gaps the plan does not name the limit: it is never in force. */
const isWithin = (gaps: readonly UnlimitedHours[], hour: number): boolean =>
  gaps.length === 0 || gaps.some(({ from, to }) => hour >= from && hour <= to);

const key = ({ sourceId, hour }: SourceHour) => `${sourceId} ${hour}`;
const bySourceAndHour = (a: SourceHour, b: SourceHour) => a.sourceId - b.sourceId || a.hour - b.hour;

/** The ports of the functions in memory, with the same promises as the database: a double for tests. */
export const memoryStore = (plans: readonly MonitoringPlan[], atWrite: AtWrite = () => {}) => {
  let state: State = {
    minutes: new Map(),
    clocks: new Map(),
    dirty: new Map(),
    hours: new Map(),
    unpublished: new Map(),
    records: new Map(),
    runs: new Map(),
    notices: new Map(),
  };
  /** Facilities that count as silent: their hours are due whatever the watermark says. */
  const idle = new Set<string>();

  const planned = new Map<string, PlannedFacility>();
  const owner = new Map<number, string>();
  let nextId = 1;
  for (const plan of plans) {
    const sourceIds = new Map<string, number>();
    for (const { source } of plan.sources) {
      owner.set(nextId, plan.facility);
      sourceIds.set(source, nextId++);
    }
    planned.set(plan.facility, { plan, sourceIds });
  }

  const write = async <T>(what: string, change: () => T | Promise<T>): Promise<T> => {
    atWrite('before', what);
    const result = await change();
    atWrite('after', what);
    return result;
  };
  const transaction = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const before = structuredClone(state);
    try {
      const result = await work();
      atWrite('before', what);
      return result;
    } catch (error) {
      state = before;
      throw error;
    }
  };
  const isDue = (facility: string, { hour }: SourceHour) =>
    idle.has(facility) || (state.clocks.get(facility) ?? 0) >= hour * 60 + 75;
  const hoursOf = (sourceId: number) =>
    [...state.hours.values()].filter((hour) => hour.sourceId === sourceId).sort(bySourceAndHour);

  const planStore: PlanStore = { planOf: async (facility) => planned.get(facility) };

  const minutes: MinuteStore = {
    storeMinutes: (batches) =>
      write('storeMinutes', () => {
        for (const { facility, watermark, minutes: given } of batches) {
          state.clocks.set(facility, Math.max(watermark, state.clocks.get(facility) ?? 0));
          for (const minute of given) {
            const at = `${minute.sourceId} ${minute.minute}`;
            const known = state.minutes.get(at);
            if (known && compareMinutes(known, minute) >= 0) continue;
            state.minutes.set(at, minute);
            const mark = { sourceId: minute.sourceId, hour: Math.floor(minute.minute / 60) };
            state.dirty.set(key(mark), mark);
          }
        }
      }),
  };

  const isAmong = (among: readonly string[] | 'all', sourceId: number) =>
    among === 'all' || among.includes(owner.get(sourceId)!);

  let changes = 0;
  const hours: HourStore = {
    withDueHours: ({ among, except, limit }, work) =>
      transaction('commitHours', async () => {
        const due = [...state.dirty.values()]
          .map((mark) => ({ ...mark, facility: owner.get(mark.sourceId)! }))
          .filter((mark) => isAmong(among, mark.sourceId) && !except.includes(mark.facility))
          .filter((mark) => isDue(mark.facility, mark))
          .sort((a, b) => compare(a.facility, b.facility) || bySourceAndHour(a, b))
          .slice(0, limit);
        if (due.length === 0) return;
        await work(due, {
          load: async (wanted) =>
            [...wanted].sort(bySourceAndHour).map(({ sourceId, hour }) => {
              const stored = hoursOf(sourceId);
              return {
                sourceId,
                hour,
                minutes: [...state.minutes.values()]
                  .filter((minute) => minute.sourceId === sourceId && Math.floor(minute.minute / 60) === hour)
                  .sort((a, b) => a.minute - b.minute),
                stored: state.hours.get(key({ sourceId, hour })),
                before: stored.findLast((other) => other.hour < hour),
                nextHour: stored.find((other) => other.hour > hour)?.hour,
              };
            }),
          put: ({ changed, done, walkOn }) =>
            write('putHours', () => {
              for (const hour of changed) {
                state.hours.set(key(hour), structuredClone(hour));
                state.unpublished.set(key(hour), { sourceId: hour.sourceId, hour: hour.hour, version: ++changes });
              }
              for (const mark of done) state.dirty.delete(key(mark));
              for (const { sourceId, hour } of walkOn) state.dirty.set(key({ sourceId, hour }), { sourceId, hour });
            }),
        });
      }),
    unpublishedHours: async (among, limit) =>
      [...state.unpublished.values()]
        .filter(({ sourceId }) => isAmong(among, sourceId))
        .sort((a, b) => a.hour - b.hour || a.sourceId - b.sourceId)
        .slice(0, limit)
        .map((mark) => ({ ...mark, document: state.hours.get(key(mark))!.document })),
    markPublished: (published) =>
      write('markPublished', () => {
        for (const hour of published)
          if (state.unpublished.get(key(hour))?.version === hour.version) state.unpublished.delete(key(hour));
      }),
  };

  const compliance: ComplianceStore = {
    withFacilities: (_facilities, work) =>
      transaction('commitCompliance', () =>
        work({
          operatingHours: async (ranges) =>
            new Map(
              ranges.map(({ sourceId, from, to, around }) => {
                const operating = hoursOf(sourceId).filter(({ document }) => Number(document.operatingTime) > 0);
                const inside = operating.filter(({ hour }) => hour >= from && hour <= to);
                const earlier = around > 0 ? operating.filter(({ hour }) => hour < from).slice(-around) : [];
                const later = operating.filter(({ hour }) => hour > to).slice(0, around);
                return [sourceId, [...earlier, ...inside, ...later]];
              }),
            ),
          replaceRecords: (ranges) =>
            write('replaceRecords', () => {
              for (const { sourceId, from, to, records } of ranges) {
                for (const [at, known] of state.records)
                  if (known.sourceId === sourceId && known.end >= from && known.end <= to) state.records.delete(at);
                for (const record of records) {
                  const end = Math.floor(minuteOfText(record.windowEnd) / 60);
                  state.records.set(`${sourceId} ${record.rule} ${end}`, { sourceId, end, record });
                }
              }
              return state.runs.size > 0;
            }),
          runsAround: async (ranges) =>
            ranges.flatMap(({ sourceId, from, to, rules, unlimited }) => {
              const runs = [...state.runs.values()].filter((one) => one.sourceId === sourceId && !one.retracted);
              return [...new Set([...rules, ...runs.map(({ rule }) => rule)])].map((rule) => {
                const records = [...state.records.values()]
                  .filter((one) => one.sourceId === sourceId && one.record.rule === rule)
                  .sort((a, b) => a.end - b.end);
                const earlier = records.filter(({ end }) => end < from);
                const later = records.filter(({ end }) => end > to);
                const gaps = unlimited.filter((gap) => gap.rule === rule);
                const ends = [
                  ...records.filter(({ record }) => record.state === 'within').map(({ end }) => end),
                  ...hoursOf(sourceId)
                    .filter(({ hour, document }) => Number(document.operatingTime) > 0 && isWithin(gaps, hour))
                    .map(({ hour }) => hour)
                    .filter((hour) => records.every(({ end }) => end !== hour)),
                ];
                const low = Math.max(-1, ...ends.filter((end) => end < from));
                const high = Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end > to));
                const summedUp = (some: typeof records) =>
                  exceedanceRuns({
                    records: some.map(({ record }) => record),
                    unlimited: [],
                    before: undefined,
                    after: { stretch: undefined, ends: false },
                  })[0];
                return {
                  sourceId,
                  rule,
                  stored: runs.filter((one) => one.rule === rule).map(({ run }) => run),
                  before: summedUp(earlier.filter(({ end }) => end > low)),
                  after: {
                    stretch: summedUp(later.filter(({ end }) => end < high)),
                    ends: Number.isFinite(high),
                  },
                };
              });
            }),
          keepRuns: (changes) =>
            write('keepRuns', () => {
              const tell = (id: number, kind: string, notice: ExceedanceNotice | undefined) => {
                const at = `exceedance ${id} ${kind}`;
                if (notice && !state.notices.has(at)) state.notices.set(at, notice);
              };
              for (const { sourceId, rule, created, changed, retracted } of changes) {
                for (const { run, into, notice } of retracted) {
                  state.runs.set(run.id, { sourceId, rule, run, retracted: true, mergedInto: into });
                  tell(run.id, 'retracted', notice);
                }
                const live = { sourceId, rule, retracted: false, mergedInto: null };
                for (const { run, notice, correction } of changed) {
                  state.runs.set(run.id, { ...live, run });
                  tell(run.id, `corrected ${correction}`, notice);
                }
                for (const { run, notice } of created) {
                  const id = state.runs.size + 1;
                  state.runs.set(id, { ...live, run: { ...run, id, told: run } });
                  tell(id, 'raised', notice);
                }
              }
            }),
        }),
      ),
  };

  const objects = new Map<string, string>();
  const landing: LandingStore = {
    put: (at, body) => write('putObject', () => void objects.set(at, Buffer.from(body).toString('utf8'))),
  };
  const quarantined = new Map<string, QuarantinedRecord>();
  const quarantine: QuarantineStore = {
    add: (records) =>
      write('quarantine', () => {
        for (const record of records) if (!quarantined.has(record.recordId)) quarantined.set(record.recordId, record);
      }),
  };

  return {
    plans: planStore,
    minutes,
    hours,
    compliance,
    landing,
    quarantine,
    validated: memoryStream(atWrite),
    emissions: memoryStream(atWrite),
    objects,
    quarantined,
    silence: async () => {
      for (const facility of planned.keys()) idle.add(facility);
    },
    storedMinutes: () => [...state.minutes.values()],
    storedHours: () => [...state.hours.values()].sort(bySourceAndHour),
    storedRecords: () => [...state.records.values()].map(({ record }) => record),
    /** Puts these in place of all hours. */
    setHours: (given: readonly StoredHour[]) => {
      state.hours = new Map(given.map((hour) => [key(hour), hour]));
    },
    storedRuns: () => [...state.runs.values()],
    storedNotices: () => state.notices,
    marks: () => state.dirty.size + state.unpublished.size,
  };
};

/** A stream that keeps its records in a list. */
export const memoryStream = (atWrite: AtWrite = () => {}): Stream & { readonly records: StreamRecord[] } => {
  const records: StreamRecord[] = [];
  return {
    records,
    put: async (given) => {
      atWrite('before', 'put');
      records.push(...given);
      atWrite('after', 'put');
    },
  };
};

/** Minutes whose every reading is valid come last, as in the database, which leaves their letters out. */
const comparable = (statuses: string): string => (/^V*$/.test(statuses) ? '~' : statuses);

/** The order of the database: revision, then content, null before every number in the load and after it in readings. */
const compareMinutes = (a: SourceMinute, b: SourceMinute): number =>
  a.revision - b.revision ||
  a.firedSeconds - b.firedSeconds ||
  compare(a.grossLoad ?? Number.NEGATIVE_INFINITY, b.grossLoad ?? Number.NEGATIVE_INFINITY) ||
  compareReadings(a.readings, b.readings) ||
  compare(comparable(a.statuses), comparable(b.statuses));

const compareReadings = (a: readonly (number | null)[], b: readonly (number | null)[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] ?? Number.POSITIVE_INFINITY, b[i] ?? Number.POSITIVE_INFINITY);
    if (order !== 0) return order;
  }
  return a.length - b.length;
};

const compare = <T extends number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
