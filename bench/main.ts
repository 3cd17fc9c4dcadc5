// node bench/main.ts [core] [pipeline] [agent]: one line of JSON a figure. Without a name: all.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchAgent } from './agent.ts';
import { benchCore } from './core.ts';
import { machine } from './figure.ts';
import { benchPipeline } from './pipeline.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const parts: Readonly<Record<string, () => void | Promise<void>>> = {
  core: benchCore,
  pipeline: () => benchPipeline(root),
  agent: () => benchAgent(root),
};

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !parts[name]);
if (unknown) throw new Error(`'${unknown}' is not one of ${Object.keys(parts).join(', ')}`);
console.log(JSON.stringify({ machine: machine() }));
for (const [name, run] of Object.entries(parts)) if (chosen.length === 0 || chosen.includes(name)) await run();
