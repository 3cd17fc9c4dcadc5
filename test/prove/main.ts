// The long proofs, one after the other. npm run prove -- [fuzz|kill|outages|offline] [options of that part]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PARTS: Readonly<Record<string, string>> = {
  fuzz: 'fuzzed messages through validate-measurements; --messages 1000000 --seed 1',
  kill: 'SIGKILL of each part at random moments; --part all --kills 200 --seed 1 --hours 48',
  outages: 'broker, functions, streams and database away, then recovery; --away 300 --seed 1',
  offline: 'a plant cut off for a day; --hours 24 --kilobytes-per-second 5',
};

const [wanted = 'all', ...options] = process.argv.slice(2);
if (wanted === '--help') {
  console.log('npm run prove -- [part] [options]\n');
  for (const [part, what] of Object.entries(PARTS)) console.log(`  ${part.padEnd(8)} ${what}`);
  console.log('\nWithout a part all of them, about twenty minutes. Ends with 1 when one fails.');
} else if (wanted !== 'all' && !PARTS[wanted]) {
  console.error(`'${wanted}' is not one of ${Object.keys(PARTS).join(', ')}; --help explains them`);
  process.exitCode = 2;
} else {
  for (const part of Object.keys(PARTS)) {
    if (wanted !== 'all' && wanted !== part) continue;
    console.log(`${part}: ${PARTS[part]}`);
    const script = join(import.meta.dirname, `${part}.ts`);
    const { status } = spawnSync(process.execPath, [script, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
