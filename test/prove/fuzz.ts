// Sends fuzzed messages through validate-measurements and says what became of them.
// node test/prove/fuzz.ts [--messages 1000000] [--seed 1]
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Functions log every message they quarantine.
process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
process.env.POWERTOOLS_METRICS_DISABLED = 'true';
const { fuzz } = await import('./fuzz/run.ts');
const { QUARANTINE } = await import('#core/validation/quarantine-codes');

/** The heap of a function of 1024 MB, as the local cloud gives it: a process that needs more ends here as well. */
setFlagsFromString('--max-old-space-size=820');
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes in use when everything that can be let go has been. */
const inUse = () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / (1024 * 1024);
};
/** What the second half of a run may hold on to more than the first: caches that are filled, and nothing that grows. */
const MAX_GROWTH_MIB = 32;
const LOOK_EVERY = 20_000;

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const messages = Number(values.messages);
const seed = Number(values.seed);
if (!(Number.isInteger(messages) && messages > 0))
  throw new Error(`--messages: expected a whole number, got ${values.messages}`);
if (!Number.isInteger(seed)) throw new Error(`--seed: expected a whole number, got ${values.seed}`);

const begin = performance.now();
let shown = begin;
const held: number[] = [];
const figures = await fuzz({ messages, seed }, (done) => {
  if (done % LOOK_EVERY === 0) held.push(inUse());
  if (performance.now() - shown < 5000) return;
  shown = performance.now();
  const rate = Math.round((1000 * done) / (shown - begin));
  console.log(
    `${done.toLocaleString('en')} of ${messages.toLocaleString('en')} messages, ${rate.toLocaleString('en')} a second, ${Math.round(held.at(-1) ?? 0)} MiB held`,
  );
});
const seconds = (performance.now() - begin) / 1000;

console.log('\nhow they were made                          made     taken');
for (const [way, { made, taken }] of Object.entries(figures.ways))
  console.log(`${way.padEnd(42)} ${String(made).padStart(7)}  ${String(taken).padStart(7)}`);
console.log('\nwhat became of them');
console.log(`${'taken'.padEnd(42)} ${String(figures.good).padStart(7)}`);
const missing: string[] = [];
for (const code of Object.keys(QUARANTINE)) {
  const count = figures.quarantined[code] ?? 0;
  if (count === 0) missing.push(code);
  console.log(`${code.padEnd(42)} ${String(count).padStart(7)}`);
}
const failures = [...figures.failures];
// What zlib has just let go of is not always counted off yet: the lowest looks of each half say what stays.
const half = Math.floor(held.length / 2);
const growth = half > 0 ? Math.round(Math.min(...held.slice(half)) - Math.min(...held.slice(0, half))) : 0;
if (growth > MAX_GROWTH_MIB)
  failures.push(`memory: ${growth} MiB more in use in the second half of the run, at most ${MAX_GROWTH_MIB}`);
if (missing.length > 0 && messages >= 20_000) failures.push(`no message was quarantined as ${missing.join(', ')}`);
for (const failure of failures) console.error(`FAIL ${failure}`);

const { ways: _, failures: __, ...counted } = figures;
console.log(
  JSON.stringify({
    ...counted,
    heldMib: Math.round(Math.max(0, ...held)),
    growthMib: growth,
    seed,
    seconds: Math.round(seconds),
    perSecond: Math.round(messages / seconds),
    failures: failures.length,
  }),
);
process.exitCode = failures.length === 0 ? 0 : 1;
