import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface CdkJson {
  readonly app: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * Makes the CloudFormation templates and function bundles, as `cdk deploy` would, in a process of its own: the CDK's
 * memory is given back when it ends.
 * @returns the folder of the cloud assembly
 */
export const synthesise = async (root: string, dataDir: string, context: Readonly<Record<string, string>> = {}) => {
  const assembly = join(dataDir, 'cdk.out');
  rmSync(assembly, { recursive: true, force: true });
  const { app, context: always } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as CdkJson;
  const script = app.replace(/^node /, '');
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: assembly,
      CDK_CONTEXT_JSON: JSON.stringify({ ...always, ...context }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  child.stderr.on('data', (text) => {
    output += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the CDK app could not be synthesised:\n${output.trim()}`);
  return assembly;
};
