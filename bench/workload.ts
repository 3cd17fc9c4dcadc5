import type { MonitoringPlan, SourceVersion } from '#core/contracts/monitoring-plan';

/**
 * The work of the pipeline's figures: facilities of 20 sources with 15 channels, one message a facility-minute, one
 * whole hour. Seeded, so that every run and every other tool given the same work sees the same numbers: of the first
 * hour of 200 facilities, the hourly SO2 means add up to 454,483.
 */
export const SOURCES = 20;
export const MINUTES = 60;
export const START = Date.UTC(2026, 0, 5);

interface ChannelModel {
  readonly channel: string;
  readonly typical: number;
  readonly noise: number;
  readonly decimals: number;
  readonly low: number;
  readonly high: number;
  readonly maxChange: number;
}

const model = (
  channel: string,
  typical: number,
  noise: number,
  decimals: number,
  low: number,
  high: number,
  maxChange: number,
): ChannelModel => ({ channel, typical, noise, decimals, low, high, maxChange });

/** The largest change has a digit more than the readings, so that no pair of readings sits on the border. */
export const CHANNELS: readonly ChannelModel[] = [
  model('so2', 120, 4, 2, 0, 500, 60.005),
  model('nox', 90, 3, 2, 0, 400, 50.005),
  model('co', 200, 8, 1, 0, 1000, 120.05),
  model('co2', 11, 0.2, 2, 0, 20, 3.005),
  model('o2', 6, 0.2, 2, 0, 20.8, 3.005),
  model('flow', 12_000_000, 90_000, 0, 0, 30_000_000, 1_500_000.5),
  model('temperature', 280, 3, 1, 0, 800, 40.05),
  model('pressure', 29.9, 0.05, 2, 20, 40, 1.005),
  model('h2o', 9, 0.2, 2, 0, 40, 4.005),
  model('opacity', 8, 0.5, 1, 0, 100, 20.05),
  model('pm', 15, 0.8, 2, 0, 200, 20.005),
  model('hg', 1.2, 0.05, 3, 0, 20, 1.0005),
  model('hcl', 2.5, 0.1, 3, 0, 50, 2.0005),
  model('nh3', 4, 0.2, 2, 0, 60, 4.005),
  model('thc', 6, 0.3, 2, 0, 100, 6.005),
];

export const facilityName = (index: number): string => `F${String(index + 1).padStart(3, '0')}`;
const sourceName = (index: number): string => `S${String(index + 1).padStart(2, '0')}`;

const VERSION: SourceVersion = {
  effectiveFrom: '2020-01-01T00:00Z',
  channels: CHANNELS.map(({ channel, low, high, maxChange }, i) => ({
    channel,
    position: i + 1,
    parameter: channel.toUpperCase(),
    unit: 'unit of the benchmark',
    basis: channel === 'o2' || channel === 'nox' ? ('dry' as const) : ('wet' as const),
    range: { low, high },
    maxChangePerMinute: maxChange,
    stuckAfterMinutes: 15,
    staleAfterMinutes: 15,
  })),
  fuel: { fuel: 'PNG', fd: '8710' },
  formulas: [
    { parameter: 'so2MassRate', equation: 'F-1', so2: 'so2', flow: 'flow' },
    { parameter: 'noxRate', equation: '19-1', nox: 'nox', o2: 'o2' },
  ],
  limits: [
    {
      rule: 'nox-1h',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      operatingHours: 1,
      versions: [{ effectiveFrom: '2020-01-01', value: '0.15', citation: 'benchmark' }],
    },
  ],
};

export const plan = (facility: string): MonitoringPlan => ({
  v: 1,
  facility,
  orisCode: null,
  name: `Benchmark ${facility}`,
  utcOffsetMinutes: 0,
  sources: Array.from({ length: SOURCES }, (_, i) => ({ source: sourceName(i), versions: [VERSION] })),
});

/** Mulberry32: 32 bits of state, good enough to make up readings and the same everywhere. */
const random = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export interface FacilityMessage {
  readonly facility: string;
  readonly json: string;
}

/** Messages minute by minute, all facilities of a minute after one another. */
export function* messages(facilities: number, minutes = MINUTES, first = START): Generator<FacilityMessage> {
  const next = random(7);
  const sources = facilities * SOURCES;
  const width = CHANNELS.length;
  const readings = new Float64Array(sources * width);
  const stuckFor = new Int16Array(sources * width);
  const outFor = new Int16Array(sources);
  const outAs = new Array<string>(sources).fill('V');
  const isOff = new Uint8Array(sources);
  for (let s = 0; s < sources; s++) {
    isOff[s] = next() < 0.03 ? 1 : 0;
    for (const [i, { typical }] of CHANNELS.entries()) readings[s * width + i] = typical;
  }
  for (let minute = 0; minute < minutes; minute++) {
    for (let f = 0; f < facilities; f++) {
      const parts = [];
      for (let j = 0; j < SOURCES; j++) {
        const s = f * SOURCES + j;
        if (outFor[s]! > 0) outFor[s]!--;
        else {
          // Now and then three minutes of calibration, more rarely 35 minutes of failure.
          const draw = next();
          outAs[s] = draw < 0.003 ? 'C' : draw < 0.0035 ? 'F' : 'V';
          outFor[s] = draw < 0.003 ? 3 : draw < 0.0035 ? 35 : 0;
        }
        const sent: number[] = [];
        for (const [i, channel] of CHANNELS.entries()) {
          const k = s * width + i;
          if (stuckFor[k]! > 0) stuckFor[k]!--;
          else {
            const pull = 0.1 * (channel.typical - readings[k]!);
            const noise = (next() + next() - 1) * channel.noise * 1.5;
            readings[k] = Number((readings[k]! + pull + noise).toFixed(channel.decimals));
            if (next() < 0.0003) stuckFor[k] = 22;
          }
          sent.push(next() < 0.0005 ? Number((channel.high * 1.2).toFixed(channel.decimals)) : readings[k]!);
        }
        parts.push({
          source: sourceName(j),
          firedSeconds: [isOff[s] ? 0 : 60],
          grossLoad: [isOff[s] ? 0 : Number((300 + next() * 20).toFixed(1))],
          readings: sent,
          statuses: outAs[s]!.repeat(width),
        });
      }
      const start = `${new Date(first + minute * 60_000).toISOString().slice(0, 16)}Z`;
      const json = JSON.stringify({
        v: 1,
        start,
        minutes: 1,
        channels: CHANNELS.map(({ channel }) => channel),
        sources: parts,
      });
      yield { facility: facilityName(f), json };
    }
  }
}
