import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Measure, MergedRecord } from './records.ts';

const compress = promisify(zstdCompress);
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;
const FILE_NAME = /^\d{8}\.rows$/;

/** A record as it was taken. */
export type Row = Omit<MergedRecord, 'fault'>;

type Layout = readonly (readonly [name: string, type: string])[];
type Line = readonly [
  measureName: string,
  dimensions: readonly string[],
  minute: number,
  version: number,
  layout: number,
  ...values: string[],
];

export interface RowLog {
  add(row: Row): void;
  /** Resolves when all that was added so far is with the operating system. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Rows on disk: files to which blocks are only ever added. A block is a length and compressed JSON lines, of which the
 * first has the layouts (names and types of measures) of the rows after it. Each start begins a new file.
 */
export const openRowLog = async (folder: string): Promise<RowLog> => {
  await mkdir(folder, { recursive: true });
  let nextFile = Number(fileNames(folder).at(-1)?.slice(0, 8) ?? 0) + 1;
  let file: FileHandle | undefined;
  let bytes = 0;
  let layouts: (readonly Measure[])[] = [];
  let rows: string[] = [];
  let writing = Promise.resolve();

  const layoutOf = (measures: readonly Measure[]): number => {
    const known = layouts.findIndex((layout) => isSameLayout(layout, measures));
    return known < 0 ? layouts.push(measures) - 1 : known;
  };

  const writeBlock = async () => {
    if (rows.length === 0) return;
    const names = layouts.map((measures) => measures.map(({ Name, Type }) => [Name, Type]));
    const text = `${JSON.stringify(names)}\n${rows.join('\n')}`;
    layouts = [];
    rows = [];
    const block = await compress(text, FAST);
    const head = Buffer.alloc(LENGTH_BYTES);
    head.writeUInt32LE(block.length);
    file ??= await open(join(folder, `${String(nextFile++).padStart(8, '0')}.rows`), 'a');
    await file.writev([head, block]);
    bytes += head.length + block.length;
    if (bytes < MAX_FILE_BYTES) return;
    await file.close();
    file = undefined;
    bytes = 0;
  };

  return {
    add: ({ measureName, dimensions, minute, version, measures }) => {
      const named = dimensions.flatMap(({ Name, Value }) => [Name, Value]);
      const line: (string | number | string[])[] = [measureName, named, minute, version, layoutOf(measures)];
      for (const { Value } of measures) line.push(Value);
      rows.push(JSON.stringify(line));
    },
    flush: () => {
      // What is added while a block is on its way makes the next one; if that is written by then, nothing is left to do.
      writing = writing.then(writeBlock);
      return writing;
    },
    close: async () => {
      await writing;
      await file?.close();
    },
  };
};

const isSameLayout = (a: readonly Measure[], b: readonly Measure[]): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i]!.Name !== b[i]!.Name || a[i]!.Type !== b[i]!.Type) return false;
  return true;
};

const fileNames = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => FILE_NAME.test(name))
    .sort();

/** Removes files that were last written before `time` (milliseconds since 1970). */
export const removeRowsBefore = (folder: string, time: number): void => {
  for (const path of fileNames(folder).map((name) => join(folder, name)))
    if (statSync(path).mtimeMs < time) rmSync(path);
};

/** Rows in the order in which they were taken, of files written since `since`; a block that a kill cut off ends its file. */
export function* readRows(folder: string, since = 0): Generator<Row> {
  for (const name of fileNames(folder)) {
    const path = join(folder, name);
    if (statSync(path).mtimeMs < since) continue;
    for (const text of blocks(path)) {
      const [names, ...lines] = text.split('\n');
      const layouts = JSON.parse(names!) as Layout[];
      for (const line of lines) yield rowOf(JSON.parse(line) as Line, layouts);
    }
  }
}

function* blocks(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const { size } = statSync(path);
    const head = Buffer.alloc(LENGTH_BYTES);
    for (let at = 0; at + LENGTH_BYTES <= size; ) {
      readSync(file, head, 0, LENGTH_BYTES, at);
      const block = Buffer.alloc(head.readUInt32LE());
      at += LENGTH_BYTES + block.length;
      if (at > size) return;
      readSync(file, block, 0, block.length, at - block.length);
      yield zstdDecompressSync(block).toString('utf8');
    }
  } finally {
    closeSync(file);
  }
}

const rowOf = ([measureName, named, minute, version, layout, ...values]: Line, layouts: readonly Layout[]): Row => ({
  measureName,
  dimensions: Array.from({ length: named.length / 2 }, (_, i) => ({ Name: named[2 * i]!, Value: named[2 * i + 1]! })),
  minute,
  version,
  measures: layouts[layout]!.map(([Name, Type], i) => ({ Name, Type, Value: values[i]! })),
});
