import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { FACILITY_NAME, minuteText } from '#core/contracts/measurement-message';
import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import { planDefects } from '#core/validation/plan-defects';

const facility = z.string().regex(FACILITY_NAME, 'expected a name of up to 32 letters, digits and _ -');
const file = z.string().min(1);
const seed = z.int().min(0).max(2_147_483_647);
/** JSON has no comments; a key "//" may stand in any object instead. */
const comment = { '//': z.union([z.string(), z.array(z.string())]).optional() };

const speed = z.union([z.literal('max'), z.number().positive().max(1_000_000)]);

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    ...comment,
    kind: z.literal('replay'),
    /** EPA's hourly CSV, plain or zipped. */
    files: z.array(file).min(1),
    /** Only these units, as ORIS/UNIT; all units of the plan when left out. */
    units: z
      .array(z.string().regex(/^\d+\/[^/]+$/, 'expected ORIS/UNIT such as 7953/CT1'))
      .min(1)
      .optional(),
    /** Replayed minutes per second. */
    speed: speed.default('max'),
  }),
  z.strictObject({
    ...comment,
    kind: z.literal('simulator'),
    seed,
    /** First minute on the first start; afterwards the agent goes on where it was. */
    from: minuteText,
    /** The minute before which it ends; it runs on when left out. */
    until: minuteText.optional(),
    /** Simulated minutes per second while it lies behind now. */
    speed,
  }),
]);

export const agentConfig = z.strictObject({
  ...comment,
  facility,
  /** Name of the thing and client id; one thing, one certificate, one connection per facility. */
  thing: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9:_-]{0,127}$/, 'expected up to 128 letters, digits and : _ -'),
  endpoint: z.strictObject({
    ...comment,
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    /** Roots to trust; the system's when left out. */
    caFile: file.optional(),
  }),
  certificateFile: file,
  keyFile: file,
  /** The topic rule that takes the minutes. */
  ruleName: z.string().regex(/^[A-Za-z0-9_]{1,128}$/, 'expected letters, digits and _'),
  bufferFolder: file,
  /** The buffer is full at this size, and the source waits. A facility of 20 x 15 channels sends 2.6 MB a day. */
  bufferMegabytes: z.int().min(1).max(65_536).default(512),
  planFile: file,
  /** `aws`: at most 100 publishes and 512 KB a second, which is what IoT Core takes from a connection. */
  flowControl: z.enum(['aws', 'none']),
  exitWhenDone: z.boolean(),
  source,
  /** Sends the messages twice, out of order or late, to prove that it makes no difference. */
  chaos: z
    .strictObject({ ...comment, seed, kinds: z.array(z.enum(['duplicate', 'reorder', 'late'])).min(1) })
    .optional(),
});

export type AgentConfig = z.infer<typeof agentConfig>;
export interface ConfiguredFacility {
  readonly config: AgentConfig;
  readonly plan: MonitoringPlan;
}

/** @throws Error naming the file, and the place in it when it does not keep its contract */
const readJson = async <T>(path: string, contract: z.ZodType<T>): Promise<T> => {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`cannot read ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  const parsed = contract.safeParse(json);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`);
  throw new Error(`${path} cannot be used; ${places.join('; ')}`);
};

/**
 * Reads one agent configuration and its monitoring plan. Paths in it are relative to the folder of the file.
 * @throws Error with a sentence that names the file and the place in it
 */
export const readConfig = async (path: string): Promise<ConfiguredFacility> => {
  const config = await readJson(path, agentConfig);
  const at = (relative: string) => resolve(dirname(path), relative);
  const { endpoint, source: kind } = config;
  const resolved: AgentConfig = {
    ...config,
    endpoint: { ...endpoint, ...(endpoint.caFile ? { caFile: at(endpoint.caFile) } : {}) },
    certificateFile: at(config.certificateFile),
    keyFile: at(config.keyFile),
    bufferFolder: at(config.bufferFolder),
    planFile: at(config.planFile),
    source: kind.kind === 'replay' ? { ...kind, files: kind.files.map(at) } : kind,
  };
  const plan = await readJson(resolved.planFile, monitoringPlan);
  if (plan.facility !== config.facility)
    throw new Error(
      `${path} cannot be used; planFile: ${resolved.planFile} is the plan of ${plan.facility}, expected ${config.facility}`,
    );
  const defects = planDefects(plan);
  if (defects.length > 0) throw new Error(`${resolved.planFile} cannot be used; ${defects.join('; ')}`);
  return { config: resolved, plan };
};

/**
 * Facilities in one process may share nothing but the process.
 * @throws Error naming what two of them share
 */
export const checkApart = (facilities: readonly ConfiguredFacility[]): void => {
  for (const key of ['facility', 'thing', 'bufferFolder'] as const) {
    const seen = new Set<string>();
    for (const { config } of facilities) {
      if (seen.has(config[key]))
        throw new Error(`two configurations have the same ${key}, ${config[key]}; each needs its own`);
      seen.add(config[key]);
    }
  }
};
