import {
  type Channel,
  type Formula,
  MAX_SOURCE_BYTES,
  type MonitoringPlan,
  type SourceVersion,
} from '../contracts/monitoring-plan.ts';

type Basis = Channel['basis'];

/** The channels that a formula reads, and the moisture basis on which its equation wants them. */
const channelsOf = (formula: Formula): readonly (readonly [channel: string, basis: Basis | 'alike'])[] => {
  switch (formula.equation) {
    case 'D-15A':
      return [[formula.fuelFlow, 'none']];
    case 'F-15':
    case 'F-11':
      return [
        [formula.flow, 'wet'],
        [formula.co2, 'wet'],
      ];
    case 'F-1':
      return [
        [formula.so2, 'wet'],
        [formula.flow, 'wet'],
      ];
    case '19-1':
    case 'F-5':
      return [
        [formula.nox, 'dry'],
        [formula.o2, 'dry'],
      ];
    case 'F-6':
      return [
        [formula.nox, 'alike'],
        [formula.co2, 'alike'],
      ];
    default:
      return [];
  }
};

type FuelFactor = 'gcv' | 'fd' | 'fc' | 'so2Rate';

/** The fuel's constants and the other hourly values without which an equation cannot be worked out. */
const NEEDS: Record<Formula['equation'], { fuel: readonly FuelFactor[]; values: readonly Formula['parameter'][] }> = {
  'D-15A': { fuel: ['gcv'], values: [] },
  'F-15': { fuel: ['fc'], values: [] },
  'D-5': { fuel: ['so2Rate'], values: ['heatInputRate'] },
  'F-1': { fuel: [], values: [] },
  'G-4': { fuel: ['fc'], values: ['heatInputRate'] },
  'F-11': { fuel: [], values: [] },
  '19-1': { fuel: ['fd'], values: [] },
  'F-5': { fuel: ['fd'], values: [] },
  'F-6': { fuel: ['fc'], values: [] },
  'F-24A': { fuel: [], values: ['noxRate', 'heatInputRate'] },
};

/** The form of the plan is the contract's matter; this says where a version cannot be worked with. */
export const versionDefects = (version: SourceVersion): readonly string[] => {
  const defects: string[] = [];
  const channels = new Map(version.channels.map((channel) => [channel.channel, channel]));
  const positions = new Set(version.channels.map(({ position }) => position));
  if (channels.size < version.channels.length) defects.push('a channel is named twice');
  if (positions.size < version.channels.length) defects.push('two channels stand at one position');
  for (const { channel, range } of version.channels)
    if (!(range.low < range.high))
      defects.push(`channel ${channel}: range from ${range.low} to ${range.high}, expected low below high`);
  const made = new Set(version.formulas.map(({ parameter }) => parameter));
  if (made.size < version.formulas.length) defects.push('two formulas make one value');
  for (const formula of version.formulas) {
    const { equation } = formula;
    const bases = new Set<Basis>();
    for (const [name, wanted] of channelsOf(formula)) {
      const basis = channels.get(name)?.basis;
      if (basis === undefined)
        defects.push(`equation ${equation} reads channel ${name}, which the version does not have`);
      else if (wanted === 'alike') bases.add(basis);
      else if (basis !== wanted)
        defects.push(`equation ${equation} needs channel ${name} with basis ${wanted}, got ${basis}`);
    }
    if (bases.size > 1 || bases.has('none'))
      defects.push(`equation ${equation} needs both channels wet or both dry, got ${[...bases].join(' and ')}`);
    for (const factor of NEEDS[equation].fuel)
      if (!(Number(version.fuel[factor]) > 0))
        defects.push(`equation ${equation} needs the fuel's ${factor} above 0, got ${version.fuel[factor] ?? 'none'}`);
    for (const value of NEEDS[equation].values)
      if (!made.has(value)) defects.push(`equation ${equation} needs a formula for ${value}`);
  }
  for (const { rule, parameter } of version.limits)
    if (!made.has(parameter)) defects.push(`limit ${rule} is on ${parameter}, for which there is no formula`);
  return defects;
};

/**
 * What makes a monitoring plan unworkable, in sentences for the person who wrote it; empty when nothing does.
 * Run it where a plan comes in, so that no hour fails on it later.
 */
export const planDefects = (plan: MonitoringPlan): readonly string[] => {
  const defects: string[] = [];
  const names = new Set(plan.sources.map(({ source }) => source));
  if (names.size < plan.sources.length) defects.push('a source is named twice');
  for (const part of plan.sources) {
    const { source, versions } = part;
    const bytes = new TextEncoder().encode(JSON.stringify(part)).length;
    if (bytes > MAX_SOURCE_BYTES)
      defects.push(`source ${source}: ${bytes} bytes as JSON, at most ${MAX_SOURCE_BYTES} can be stored`);
    const starts = new Set(versions.map(({ effectiveFrom }) => effectiveFrom));
    if (starts.size < versions.length) defects.push(`source ${source}: two versions begin at the same minute`);
    const owners = new Map<number, string>();
    for (const version of versions) {
      const at = `source ${source}, version from ${version.effectiveFrom}`;
      defects.push(...versionDefects(version).map((defect) => `${at}: ${defect}`));
      for (const { channel, position } of version.channels) {
        const owner = owners.get(position) ?? channel;
        if (owner !== channel) defects.push(`${at}: position ${position} of ${channel} belongs to ${owner}`);
        owners.set(position, owner);
      }
    }
  }
  return defects;
};
