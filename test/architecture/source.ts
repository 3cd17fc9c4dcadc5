import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** A source file and the statements that import into it. */
export interface Source {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** A path from the root for our own files, the package for npm, `node:…` for Node. */
  readonly target: string;
  readonly typeOnly: boolean;
}

export const FOLDERS = ['bench', 'bin', 'cli', 'console', 'core', 'edge-agent', 'functions', 'lib', 'local', 'test'];

export const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

export const sourcesIn = (folder: string): Source[] =>
  filesIn(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => parse(path, readFileSync(path, 'utf8')));

export const parse = (path: string, text: string): Source => {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = importOf(node);
    if (found) imports.push({ ...found, target: targetOf(path, found.specifier) });
  });
  return { path, text, tree, imports };
};

export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
};

const importOf = (node: ts.Node): Omit<Import, 'target'> | undefined => {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.importClause?.isTypeOnly ?? false };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return { specifier: node.argument.literal.text, typeOnly: true };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [first] = node.arguments;
    return { specifier: first && ts.isStringLiteral(first) ? first.text : '<computed>', typeOnly: false };
  }
  return undefined;
};

const targetOf = (path: string, specifier: string): string => {
  if (specifier.startsWith('.')) return join(dirname(path), specifier);
  if (specifier.startsWith('#adapters/')) return `${specifier.replace('#', 'functions/')}.ts`;
  if (/^#(core|cli)\//.test(specifier)) return `${specifier.slice(1)}.ts`;
  if (specifier.startsWith('node:') || specifier.startsWith('<')) return specifier;
  const [scope, name] = specifier.split('/');
  return scope!.startsWith('@') ? `${scope}/${name}` : scope!;
};
