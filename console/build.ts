import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { openApi } from '#core/contracts/api/openapi';

const HERE = import.meta.dirname;

const hashed = (name: string, ending: string, content: Uint8Array): string =>
  `${name}-${createHash('sha256').update(content).digest('hex').slice(0, 10)}.${ending}`;

/** No code and no style in the document: the content security policy allows neither. */
const documentOf = (script: string, styles: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="Emissions of your facilities, how near each limit is, and since when the data are complete">
<title>EmissionWatch</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/${styles}">
<script type="module" src="/assets/${script}"></script>
</head>
<body>
<noscript>The console of EmissionWatch needs JavaScript. Everything it shows can also be had from the API: /openapi.json</noscript>
</body>
</html>
`;

/** Files of the built console, by their path under the folder. */
export interface BuiltConsole {
  readonly index: string;
  readonly script: string;
  readonly styles: string;
}

/**
 * Bundles the console: one script, one style sheet, named by their content so that both can be kept for ever, and the
 * document that names them; beside them the description of the API, which asks nothing of the API to be read.
 * @param outdir made when it is not there; nothing in it is removed
 */
export const buildConsole = async (outdir: string): Promise<BuiltConsole> => {
  const { outputFiles } = await build({
    entryPoints: { console: join(HERE, 'main.ts'), styles: join(HERE, 'styles.css') },
    absWorkingDir: resolve(HERE, '..'),
    outdir: join(outdir, 'assets'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
    legalComments: 'inline',
    write: false,
    logLevel: 'silent',
  });
  const named = (start: string, ending: string): string => {
    const contents = outputFiles.filter(({ path }) => path.endsWith(`.${ending}`)).map((file) => file.contents);
    const content = Buffer.concat(contents);
    const name = hashed(start, ending, content);
    writeFileSync(join(outdir, 'assets', name), content);
    return name;
  };
  mkdirSync(join(outdir, 'assets'), { recursive: true });
  const [script, styles] = [named('console', 'js'), named('console', 'css')];
  writeFileSync(join(outdir, 'favicon.svg'), readFileSync(join(HERE, 'favicon.svg')));
  writeFileSync(join(outdir, 'openapi.json'), JSON.stringify(openApi()));
  writeFileSync(join(outdir, 'index.html'), documentOf(script, styles));
  return { index: 'index.html', script: `assets/${script}`, styles: `assets/${styles}` };
};

if (import.meta.main) {
  const [outdir] = process.argv.slice(2);
  if (outdir === undefined) {
    process.stderr.write('no folder given: node console/build.ts OUTDIR\n');
    process.exitCode = 2;
  } else {
    const { script, styles } = await buildConsole(outdir);
    process.stdout.write(`${join(outdir, 'index.html')}\n${join(outdir, script)}\n${join(outdir, styles)}\n`);
  }
}
