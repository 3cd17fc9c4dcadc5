import ts from 'typescript';
import { type Import, type Source, walk } from './source.ts';

/** What the code of a folder may import besides itself. Tests may import anything. */
const OURS = 'bench|bin|cli|console|core|edge-agent|functions|lib|local|test';
/** Any npm package, but none of our own folders, whose names look alike. */
const ANY_PACKAGE = `(?!(${OURS})/)@?[a-z]`;

const MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  core: /^(zod|decimal\.js)$/,
  functions: /^(core\/|node:|zod$|@aws-sdk\/|@smithy\/|@middy\/|@aws-lambda-powertools\/)/,
  'edge-agent': /^(core\/|node:|(aws-iot-device-sdk-v2|lmdb|fflate|zod|@peculiar\/x509)$)/,
  lib: /^(aws-cdk-lib$|constructs$|cdk-nag$|node:)/,
  bin: /^(lib\/|aws-cdk-lib$|cdk-nag$)/,
  // The cloud on one machine runs the bundles: it knows no code of a function.
  'local/services': new RegExp(`^(local/|<computed>|${ANY_PACKAGE})`),
  'local/template': new RegExp(`^(local/|${ANY_PACKAGE})`),
  // The runner acts as an operator does: it puts plans in force and reads what is stored, by the same adapters.
  local: new RegExp(`^(cli/|core/|edge-agent/|functions/adapters/|lib/|<computed>|${ANY_PACKAGE})`),
  cli: new RegExp(`^(core/|functions/adapters/|${ANY_PACKAGE})`),
  console: new RegExp(`^(core/|${ANY_PACKAGE})`),
  bench: new RegExp(`^(core/|functions/|edge-agent/|local/|<computed>|${ANY_PACKAGE})`),
};

/** Types vanish before anything runs, so these may cross. */
const TYPES_MAY_CROSS: Readonly<Record<string, RegExp>> = {
  lib: /^functions\/[^/]+\/env\.ts$/,
  functions: /^aws-lambda$/,
};

/** Imports that the layers do not allow, as `path -> target`. */
export const layerBreaches = ({ path, imports }: Source): string[] => {
  const [folder] = path.split('/') as [string];
  if (folder === 'test') return [];
  const allowed = MAY_IMPORT[path.split('/').slice(0, 2).join('/')] ?? MAY_IMPORT[folder];
  if (!allowed) return [`${path} is in a folder without rules`];
  return imports
    .filter(({ target, typeOnly }) => {
      if (target.startsWith(`${folder}/`)) return folder === 'functions' && betweenFunctions(path, target);
      if (typeOnly && TYPES_MAY_CROSS[folder]?.test(target)) return false;
      return !allowed.test(target);
    })
    .map(({ target }) => `${path} -> ${target}`);
};

const betweenFunctions = (path: string, target: string): boolean => {
  const [from, to] = [path, target].map((file) => file.split('/')[1]);
  return from !== to && to !== 'adapters';
};

/** Imports written in another way than the others. */
export const spellingBreaches = ({ path, imports, text }: Source): string[] => [
  ...imports.filter((each) => misspelt(path, each)).map(({ specifier }) => `${path} imports ${specifier}`),
  ...(ALL_OF_ZOD.test(text) ? [`${path} imports { z }`] : []),
];

/** The object `z` holds all of zod, languages included: 360 KB more in the bundle of every function. */
const ALL_OF_ZOD = /^import (type )?\{ z \} from 'zod'/m;

const misspelt = (path: string, { specifier, target }: Import): boolean => {
  if (!specifier.startsWith('.')) return specifier.startsWith('#') && specifier.endsWith('.ts');
  if (!/\.(ts|json)$/.test(specifier)) return true;
  const [folder] = path.split('/');
  return target.startsWith('core/') && folder !== 'core';
};

const AMBIENT = new Set(['process', 'console', 'performance', 'fetch', 'setTimeout', 'setInterval', 'setImmediate']);

/** Where a file reads a clock, chance or its surroundings, or writes a log: what core must leave to its callers. */
export const ambientBreaches = ({ path, tree }: Source): string[] => {
  const found: string[] = [];
  walk(tree, (node) => {
    const ambient =
      (ts.isIdentifier(node) && AMBIENT.has(node.text) && !isName(node)) ||
      (ts.isPropertyAccessExpression(node) &&
        /^(Date\.now|Math\.random|crypto\.(randomUUID|getRandomValues))$/.test(node.getText(tree))) ||
      (ts.isNewExpression(node) && node.expression.getText(tree) === 'Date' && !node.arguments?.length) ||
      (ts.isCallExpression(node) && node.expression.getText(tree) === 'Date');
    if (ambient) found.push(`${path}:${lineOf(node)} ${node.getText(tree)}`);
  });
  return found;
};

/** `performance` as the name of a member or property is only a word. */
const isName = (node: ts.Identifier): boolean => {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.name === node && parent.expression.getText() !== 'globalThis';
  return 'name' in parent && parent.name === node;
};

/** Uses of the type that switches types off. */
export const anyBreaches = ({ path, tree }: Source): string[] => {
  const found: string[] = [];
  walk(tree, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`${path}:${lineOf(node)}`);
  });
  return found;
};

const lineOf = (node: ts.Node): number => node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;

/** A file that only passes on what others export hides where things are. */
export const isBarrel = ({ tree }: Source): boolean =>
  tree.statements.length > 0 && tree.statements.every((each) => ts.isExportDeclaration(each) && each.moduleSpecifier);

const UNFINISHED = new RegExp(`\\b(${['TO', 'FIX'].map((word, i) => word + ['DO', 'ME'][i]).join('|')})\\b`);
const FOCUSED = /\b(describe|it|test)(\.\w+)*\.(only|skip|todo)\b/;

export const unfinishedBreaches = ({ path, text }: Source): string[] =>
  text.split('\n').flatMap((line, i) => (UNFINISHED.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : []));

/** Tests that keep others from running, or do not run without a condition that says why. */
export const focusBreaches = ({ path, text }: Source): string[] =>
  text.split('\n').flatMap((line, i) => (FOCUSED.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : []));

const VAGUE = /(^|\/)(utils?|common|helpers?|types|shared|misc)(\/|\.ts$)/;
const KEBAB = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

/** Paths whose names say nothing, or that are spelt in another way than the others. */
export const nameBreaches = (paths: readonly string[]): string[] =>
  paths.filter((path) => VAGUE.test(path) || !path.split('/').every((part) => KEBAB.test(part)));
