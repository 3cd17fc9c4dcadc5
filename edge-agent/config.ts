import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { SERIAL_NUMBER, THING_NAME } from '#core/contracts/device';
import { FACILITY_NAME, minuteText } from '#core/contracts/measurement-message';
import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import { planDefects } from '#core/validation/plan-defects';
import { finishTakeover, readProvisioned } from './certificate/device-files.ts';
import { faultScript, scriptDefects } from './faults/script.ts';

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
    /** What goes wrong, and when: see docs/fault-simulator.md. Which minutes chance strikes, the seed decides. */
    faults: faultScript.default([]),
  }),
]);

/** What stands in the file. */
export const agentConfig = z.strictObject({
  ...comment,
  /** As provisioning has answered when left out, like `thing` and `ruleName`. */
  facility: facility.optional(),
  /** Name of the thing and client id; one thing, one certificate, one connection per facility. */
  thing: z.string().regex(THING_NAME, 'expected up to 128 letters, digits and : _ -').optional(),
  /** On the device's label; by it the cloud knows the device. Needed once, to provision; kept with what that answered. */
  serialNumber: z.string().regex(SERIAL_NUMBER, 'expected 3 to 64 letters, digits and -').optional(),
  endpoint: z.strictObject({
    ...comment,
    host: z.string().min(1),
    port: z.int().min(1).max(65_535),
    /** Roots to trust; the system's when left out. */
    caFile: file.optional(),
  }),
  /** Provisioning writes both, and a rotation replaces them. */
  certificateFile: file,
  keyFile: file,
  /** The certificate with which devices ask for their own; needed once, to provision. */
  claim: z.strictObject({ ...comment, certificateFile: file, keyFile: file }).optional(),
  /** The topic rule that takes the minutes. */
  ruleName: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,128}$/, 'expected letters, digits and _')
    .optional(),
  bufferFolder: file,
  /** The buffer is full at this size, and the source waits. A facility of 20 x 15 channels sends 2.6 MB a day. */
  bufferMegabytes: z.int().min(1).max(65_536).default(512),
  /** Acknowledged minutes are kept so long, in case the cloud asks for them again; less when the buffer gets full. */
  keepHours: z.int().min(0).max(720).default(24),
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

type ConfigFile = z.infer<typeof agentConfig>;

/** What the agent works with: paths are absolute, and what was left out is as provisioning has answered. */
export interface AgentConfig extends ConfigFile {
  readonly facility: string;
  readonly thing: string;
  readonly ruleName: string;
}

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
 * Reads one agent configuration as it is before the device is provisioned. Paths are relative to the folder of the file.
 * @throws Error with a sentence that names the file and the place in it
 */
export const readConfigFile = async (path: string): Promise<ConfigFile> => {
  const config = await readJson(path, agentConfig);
  const at = (relative: string) => resolve(dirname(path), relative);
  const { endpoint, claim, source } = config;
  return {
    ...config,
    endpoint: { ...endpoint, ...(endpoint.caFile ? { caFile: at(endpoint.caFile) } : {}) },
    certificateFile: at(config.certificateFile),
    keyFile: at(config.keyFile),
    ...(claim ? { claim: { certificateFile: at(claim.certificateFile), keyFile: at(claim.keyFile) } } : {}),
    bufferFolder: at(config.bufferFolder),
    planFile: at(config.planFile),
    source: source.kind === 'replay' ? { ...source, files: source.files.map(at) } : source,
  };
};

/** What the file says, and where it says nothing, what provisioning has answered; the two may not contradict. */
const asProvisioned = (path: string, config: ConfigFile): AgentConfig => {
  const answered = readProvisioned(config);
  const known = (name: 'facility' | 'thing' | 'ruleName' | 'serialNumber'): string | undefined => {
    const [said, got] = [config[name], answered?.[name]];
    if (said !== undefined && got !== undefined && said !== got)
      throw new Error(
        `${path} cannot be used; ${name}: the device was provisioned for ${got}, got ${said}; leave it out, or register the device anew`,
      );
    return said ?? got;
  };
  const value = (name: 'facility' | 'thing' | 'ruleName'): string => {
    const either = known(name);
    if (either === undefined)
      throw new Error(
        `${path} cannot be used; ${name}: give it, or provision the device first: edge provision --config`,
      );
    return either;
  };
  const serialNumber = known('serialNumber');
  return {
    ...config,
    ...(serialNumber === undefined ? {} : { serialNumber }),
    facility: value('facility'),
    thing: value('thing'),
    ruleName: value('ruleName'),
  };
};

/**
 * Reads one agent configuration and its monitoring plan, ready to run.
 * @throws Error with a sentence that names the file and the place in it
 */
export const readConfig = async (path: string): Promise<ConfiguredFacility> => {
  const file = await readConfigFile(path);
  finishTakeover(file);
  const resolved = asProvisioned(path, file);
  const { facility, source: kind } = resolved;
  const plan = await readJson(resolved.planFile, monitoringPlan);
  if (plan.facility !== facility)
    throw new Error(
      `${path} cannot be used; planFile: ${resolved.planFile} is the plan of ${plan.facility}, expected ${facility}`,
    );
  const defects = planDefects(plan);
  if (defects.length > 0) throw new Error(`${resolved.planFile} cannot be used; ${defects.join('; ')}`);
  const misplaced = kind.kind === 'simulator' ? scriptDefects(kind.faults, plan) : [];
  if (misplaced.length > 0) throw new Error(`${path} cannot be used; source.faults: ${misplaced.join('; ')}`);
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
