import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AwsError } from '../aws-json.ts';
import type { AttributeValue, Item } from './condition.ts';

export interface KeySchema {
  readonly hash: string;
  readonly range?: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly arn: string;
  readonly key: KeySchema;
  /** Type of each key attribute, of the table and of its indexes. */
  readonly types: Readonly<Record<string, string>>;
  /** Global secondary indexes with all attributes projected. */
  readonly indexes: Readonly<Record<string, KeySchema>>;
  /** The customer's key, which DynamoDB opens in the name of the caller. */
  readonly keyArn?: string;
}

export type Change = { readonly put: Item } | { readonly remove: Item };

export interface Table extends TableDefinition {
  get(key: Item): Item | undefined;
  items(): Iterable<Item>;
  /** All or none, durable when it returns. */
  apply(changes: readonly Change[]): void;
  close(): void;
}

/** The attributes of a key, and nothing else. */
export const keyOf = ({ hash, range }: KeySchema, item: Item): Item => {
  const names = range === undefined ? [hash] : [hash, range];
  return Object.fromEntries(names.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
};

/** @throws AwsError ValidationException when a key attribute is missing, empty or of another type */
export const checkKey = ({ key, types }: TableDefinition, item: Item): void => {
  for (const name of key.range === undefined ? [key.hash] : [key.hash, key.range]) {
    const value: AttributeValue | undefined = item[name];
    const type = types[name]!;
    if (value?.[type] === undefined || value[type] === '')
      throw new AwsError(
        'ValidationException',
        `One or more parameter values were invalid: key attribute ${name} must be a ${type} and not empty`,
      );
  }
};

/** A table in a file of changes, a line for each write; rewritten without what is gone when it is opened. */
export const openTable = (file: string, definition: TableDefinition): Table => {
  const items = new Map<string, Item>();
  const nameOf = (item: Item) => JSON.stringify(keyOf(definition.key, item));
  const inMemory = (changes: readonly Change[]) => {
    for (const change of changes)
      if ('put' in change) items.set(nameOf(change.put), change.put);
      else items.delete(nameOf(change.remove));
  };

  if (existsSync(file)) {
    const lines = readFileSync(file, 'utf8').split('\n');
    // A last line without its end was being written when the process was killed: nobody was told that it is stored.
    lines.pop();
    for (const line of lines) inMemory(JSON.parse(line) as Change[]);
  }
  mkdirSync(dirname(file), { recursive: true });
  const whole = [...items.values()].map((put) => `${JSON.stringify([{ put }])}\n`).join('');
  writeFileSync(`${file}.new`, whole, { flush: true });
  renameSync(`${file}.new`, file);
  const fd = openSync(file, 'a');

  return {
    ...definition,
    get: (key) => items.get(nameOf(key)),
    items: () => items.values(),
    apply: (changes) => {
      writeSync(fd, `${JSON.stringify(changes)}\n`);
      fsyncSync(fd);
      inMemory(changes);
    },
    close: () => closeSync(fd),
  };
};
