import type * as z from 'zod';
import { AwsError, type Operation } from '../aws-json.ts';
import type { Principal } from '../iam/guard.ts';
import type { TableAccess } from './access.ts';
import { type AttributeValue, compileCondition, type Item } from './condition.ts';
import * as requests from './requests.ts';
import { type Change, checkKey, type KeySchema, keyOf, type Table } from './table.ts';

type Put = z.infer<typeof requests.putItem>;
type Delete = z.infer<typeof requests.deleteItem>;
type Page = z.infer<typeof requests.scan> & Partial<z.infer<typeof requests.query>>;

/** Bytes of items that one Query or Scan looks at. */
const PAGE_BYTES = 1024 * 1024;

/** The operations of DynamoDB that the product uses, with the parameters that it uses. */
export const dynamoOperations = (options: {
  readonly find: (nameOrArn: string) => Table | undefined;
  readonly access: TableAccess;
}): Readonly<Record<string, Operation>> => {
  const { find, access } = options;
  const tableOf = (name: string): Table => {
    const table = find(name);
    if (table) return table;
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
  };

  const conditionHolds = (table: Table, key: Item, { ConditionExpression: text, ...rest }: Put | Delete): boolean =>
    text === undefined || compileCondition(text, placeholdersOf(rest))(table.get(key));

  const write = (table: Table, request: Put | Delete, change: Change): void => {
    const item = 'put' in change ? change.put : change.remove;
    checkKey(table, item);
    if (!conditionHolds(table, keyOf(table.key, item), request))
      throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
    table.apply([change]);
  };

  const page = (request: Page, caller: Principal, operation: string) => {
    const table = tableOf(request.TableName);
    const { IndexName: index, ConsistentRead, KeyConditionExpression, FilterExpression, Limit } = request;
    access(caller, operation, table, index);
    const key = index === undefined ? table.key : table.indexes[index];
    if (!key) throw new AwsError('ValidationException', `The table does not have the specified index: ${index}`);
    if (index !== undefined && ConsistentRead)
      throw new AwsError('ValidationException', 'Consistent reads are not supported on global secondary indexes');
    const placeholders = placeholdersOf(request);
    if (KeyConditionExpression !== undefined) checkKeyCondition(KeyConditionExpression, key, request);
    const wanted =
      KeyConditionExpression === undefined ? () => true : compileCondition(KeyConditionExpression, placeholders);
    const filter = FilterExpression === undefined ? () => true : compileCondition(FilterExpression, placeholders);

    const forward = inOrder(key, table.key);
    const order = request.ScanIndexForward === false ? (a: Item, b: Item) => forward(b, a) : forward;
    // An item without the attributes of an index is not in it.
    const all = [...table.items()].filter((item) => hasKey(key, item) && wanted(item)).sort(order);
    const after = request.ExclusiveStartKey;
    const behind = after ? all.findIndex((item) => order(item, after) > 0) : 0;
    const start = behind < 0 ? all.length : behind;
    const seen: Item[] = [];
    let bytes = 0;
    for (let i = start; i < all.length && seen.length < (Limit ?? Infinity) && bytes < PAGE_BYTES; i++) {
      seen.push(all[i]!);
      bytes += JSON.stringify(all[i]).length;
    }
    const items = seen.filter(filter);
    const last = start + seen.length < all.length ? seen.at(-1) : undefined;
    return {
      Items: items,
      Count: items.length,
      ScannedCount: seen.length,
      ...(last && { LastEvaluatedKey: { ...keyOf(key, last), ...keyOf(table.key, last) } }),
    };
  };

  return {
    GetItem: (input, caller) => {
      const { TableName, Key } = requests.read(requests.getItem, input);
      const table = tableOf(TableName);
      access(caller, 'GetItem', table);
      checkKey(table, Key);
      const found = table.get(Key);
      return found ? { Item: found } : {};
    },
    PutItem: (input, caller) => {
      const request = requests.read(requests.putItem, input);
      const table = tableOf(request.TableName);
      access(caller, 'PutItem', table);
      write(table, request, { put: request.Item });
      return {};
    },
    DeleteItem: (input, caller) => {
      const request = requests.read(requests.deleteItem, input);
      const table = tableOf(request.TableName);
      access(caller, 'DeleteItem', table);
      write(table, request, { remove: request.Key });
      return {};
    },
    Query: (input, caller) => page(requests.read(requests.query, input), caller, 'Query'),
    Scan: (input, caller) => page(requests.read(requests.scan, input), caller, 'Scan'),
    TransactWriteItems: (input, caller) => {
      const { TransactItems } = requests.read(requests.transactWriteItems, input);
      const steps = TransactItems.map((step) => {
        const [kind, request] = Object.entries(step)[0] as [string, Put | Delete];
        const table = tableOf(request.TableName);
        access(caller, PERMISSION[kind]!, table);
        const item = 'Item' in request ? request.Item : request.Key;
        checkKey(table, item);
        const change: Change | undefined =
          kind === 'ConditionCheck' ? undefined : kind === 'Put' ? { put: item } : { remove: item };
        return { table, request, key: keyOf(table.key, item), change };
      });
      const [first] = steps;
      if (steps.some(({ table }) => table !== first!.table))
        throw new AwsError('ValidationException', 'the local cloud serves transactions within one table only');
      if (new Set(steps.map(({ key }) => JSON.stringify(key))).size < steps.length)
        throw new AwsError('ValidationException', 'Transaction request cannot include multiple operations on one item');
      const refused = steps.map(({ table, key, request }) => !conditionHolds(table, key, request));
      if (refused.includes(true)) {
        const codes = refused.map((one) => (one ? 'ConditionalCheckFailed' : 'None'));
        throw new AwsError(
          'TransactionCanceledException',
          `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
          400,
          { CancellationReasons: codes.map((Code) => ({ Code })) },
        );
      }
      first!.table.apply(steps.flatMap(({ change }) => change ?? []));
      return {};
    },
  };
};

/** What IAM calls the parts of a transaction. */
const PERMISSION: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

const placeholdersOf = (request: {
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Readonly<Record<string, AttributeValue>>;
}) => ({ names: request.ExpressionAttributeNames, values: request.ExpressionAttributeValues });

/** A Query names one hash key. */
const checkKeyCondition = (text: string, { hash }: KeySchema, { ExpressionAttributeNames: names }: Page): void => {
  const attribute = Object.entries(names).find(([, name]) => name === hash)?.[0] ?? hash;
  if (!new RegExp(`(^|\\s|\\()${attribute}\\s*=`).test(text) || /\b(OR|NOT)\b/i.test(text))
    throw new AwsError('ValidationException', `Query condition missed key schema element: ${hash}`);
};

const hasKey = (key: KeySchema, item: Item): boolean =>
  item[key.hash] !== undefined && (key.range === undefined || item[key.range] !== undefined);

/** By the keys of an index and then of the table, so that a page can go on where the last one ended. */
const inOrder = (...keys: readonly KeySchema[]) => {
  const text = (item: Item) =>
    keys.flatMap(({ hash, range }) => [hash, ...(range === undefined ? [] : [range])]).map((name) => item[name]);
  return (left: Item, right: Item): number => {
    const [a, b] = [JSON.stringify(text(left)), JSON.stringify(text(right))];
    return a < b ? -1 : a > b ? 1 : 0;
  };
};
