import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type * as z from 'zod';
import { MAX_MINUTES } from '#core/contracts/measurement-message';
import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import { minuteOfText, textOfMinute } from '#core/time';
import { planDefects } from '#core/validation/plan-defects';
import { givenPath } from '../given-path.ts';
import { WrongUsage } from '../wrong-usage.ts';
import { plot } from './plot.ts';
import { type Fault, faultScript, scriptDefects } from './script.ts';
import { seriesOf } from './series.ts';
import { type Simulation, simulate } from './simulation.ts';
import { sketch } from './sketch.ts';

export const SIMULATE_HELP = `Usage: npm run -s edge -- simulate --plan FILE --from MINUTE --until MINUTE

Writes the messages of a simulated plant, with the faults of a script, one JSON
object a line: when it would be sent, its topic, and its payload (gzip in
base64, as it travels). The same seed and script give the same bytes.
docs/fault-simulator.md describes messages and faults.

  --plan FILE       monitoring plan of the facility
  --from MINUTE     first minute, UTC, such as 2026-01-05T07:00Z
  --until MINUTE    the minute before which it ends
  --fault FILE      fault script, a JSON list of faults; without: no faults
  --seed N          seed of the plant and of chance; without: 1
  --minutes-per-message N  1 to 60; without: 1, as a live agent sends
  --thing NAME      device in the topic; without: edge-FACILITY
  --out FILE|-      where the messages go; without: -, standard output
  --truth FILE      where it is written what each fault did; without:
                    OUT.truth.json, nowhere when OUT is standard output
  --plain           payload as a JSON object, to be read
  --plot FILE.svg   also a picture of each fault of the script
  --sketch          only pictures of the faults, as text, and no messages
  --help            this text
`;

const OPTIONS = {
  plan: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  fault: { type: 'string' },
  seed: { type: 'string', default: '1' },
  'minutes-per-message': { type: 'string', default: '1' },
  thing: { type: 'string' },
  out: { type: 'string', default: '-' },
  truth: { type: 'string' },
  plain: { type: 'boolean', default: false },
  plot: { type: 'string' },
  sketch: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Under Basic Ingest `$aws/rules/RULE/` stands before it. */
export const messageTopic = (facility: string, thing: string): string =>
  `emissionwatch/v1/${facility}/${thing}/minutes`;

const readJson = async <T>(file: string, contract: z.ZodType<T>): Promise<T> => {
  const parsed = contract.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file} cannot be used; ${issue?.path.join('.') || 'the whole file'}: ${issue?.message}`);
};

const readPlan = async (file: string): Promise<MonitoringPlan> => {
  const plan = await readJson(file, monitoringPlan);
  const defects = planDefects(plan);
  if (defects.length > 0) throw new Error(`${file} cannot be used; ${defects.join('; ')}`);
  return plan;
};

const readFaults = async (file: string | undefined, plan: MonitoringPlan): Promise<readonly Fault[]> => {
  if (file === undefined) return [];
  const faults = await readJson(file, faultScript);
  const defects = scriptDefects(faults, plan);
  if (defects.length > 0) throw new Error(`${file} cannot be used; ${defects.join('; ')}`);
  return faults;
};

const required = (value: string | undefined, option: string): string => {
  if (value === undefined) throw new WrongUsage(`expected --${option}; --help explains it`);
  return value;
};

const wholeNumber = (text: string, option: string, low: number, high: number): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new WrongUsage(`--${option}: expected a whole number from ${low} to ${high}, got ${text}`);
  return value;
};

/** Writes the messages, and says how many. A closed pipe (`| head`) ends it in peace. */
const writeMessages = async (
  messages: ReturnType<typeof simulate>['messages'],
  { out, topic, plain }: { readonly out: string; readonly topic: string; readonly plain: boolean },
): Promise<void> => {
  const stream = out === '-' ? process.stdout : createWriteStream(out);
  let closed = false;
  const ended = new Promise<void>((resolve, reject) => {
    stream.once('error', (error: NodeJS.ErrnoException) => {
      closed = true;
      if (error.code === 'EPIPE') resolve();
      else reject(new Error(`cannot write to ${out}: ${error.message}`, { cause: error }));
    });
  });
  ended.catch(() => {});
  for await (const { sentAt, body } of messages) {
    const payload = plain ? JSON.parse(gunzipSync(body).toString('utf8')) : Buffer.from(body).toString('base64');
    const line = JSON.stringify({ sentAt: textOfMinute(sentAt), topic, payload });
    if (closed) break;
    if (!stream.write(`${line}\n`)) await Promise.race([once(stream, 'drain').catch(() => {}), ended]);
  }
  if (closed) await ended;
  else if (out !== '-') {
    stream.end();
    await finished(stream);
  }
};

/**
 * `simulate`: messages of a simulated plant with faults, for this system or another that reads the message format.
 * @param argv what stands after the word
 * @throws Error with a sentence, when the command line, the plan or the script cannot be used
 */
export const simulateCommand = async (argv: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  if (values.help) {
    process.stdout.write(SIMULATE_HELP);
    return;
  }
  const given = (file: string | undefined) => (file === undefined ? undefined : givenPath(file));
  const plan = await readPlan(givenPath(required(values.plan, 'plan')));
  const faults = await readFaults(given(values.fault), plan);
  const simulation: Simulation = {
    plan,
    seed: wholeNumber(values.seed, 'seed', 0, 2_147_483_647),
    faults,
    from: minuteOfText(required(values.from, 'from')),
    until: minuteOfText(required(values.until, 'until')),
    minutesPerMessage: wholeNumber(values['minutes-per-message'], 'minutes-per-message', 1, MAX_MINUTES),
  };
  if (simulation.until <= simulation.from)
    throw new WrongUsage(`--until: expected a minute after --from ${values.from}, got ${values.until}`);

  const drawn: [Fault, Awaited<ReturnType<typeof seriesOf>>][] = [];
  if (values.plot !== undefined || values.sketch)
    for (const fault of faults) drawn.push([fault, await seriesOf(plan, simulation.seed, fault)]);
  if (values.plot !== undefined) await writeFile(givenPath(values.plot), plot(drawn));
  if (values.sketch) {
    for (const [fault, series] of drawn) process.stdout.write(`${sketch(fault, series)}\n\n`);
    return;
  }

  const { messages, truth } = simulate(simulation);
  if (values.thing !== undefined && !/^[a-zA-Z0-9:_-]{1,128}$/.test(values.thing))
    throw new WrongUsage(`--thing: expected up to 128 letters, digits and : _ -, got ${values.thing}`);
  const topic = messageTopic(plan.facility, values.thing ?? `edge-${plan.facility}`);
  const out = values.out === '-' ? '-' : givenPath(values.out);
  await writeMessages(messages, { out, topic, plain: values.plain });
  const truthFile = given(values.truth) ?? (out === '-' ? undefined : `${out}.truth.json`);
  if (truthFile !== undefined) await writeFile(truthFile, `${JSON.stringify(truth(), null, 1)}\n`);
};
