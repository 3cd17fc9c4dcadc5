import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../local/services/dynamodb/condition.ts';
import { startDynamoDb, type TableDefinition } from '../../local/services/dynamodb.ts';
import { type Guard, openGuard } from '../../local/services/iam/guard.ts';
import { tablesOf } from '../../local/template/tables.ts';
import { loadTemplates } from '../../local/template/templates.ts';
import { writeAssembly } from './assembly.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/plants';
const TABLE: TableDefinition = {
  name: 'plants',
  arn: ARN,
  key: { hash: 'id' },
  types: { id: 'S', town: 'S' },
  indexes: { byTown: { hash: 'town', range: 'id' } },
};
const S = (text: string): AttributeValue => ({ S: text });

const start = async (dataDir = temporaryFolder(), table = TABLE, guard: Guard = openGuard) => {
  const service = await startDynamoDb({ dataDir, account: '000000000000', tables: [table], guard });
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: service.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  let running = true;
  const stop = async () => {
    if (running) await service.stop();
    running = false;
    client.destroy();
  };
  afterTest(stop);
  const put = (id: string, town: string, condition?: string) =>
    client.send(
      new PutItemCommand({
        TableName: 'plants',
        Item: { id: S(id), town: S(town) },
        ...(condition !== undefined && {
          ConditionExpression: condition,
          ...(condition.includes('#t') && { ExpressionAttributeNames: { '#t': 'town' } }),
          ...(condition.includes(':v') && { ExpressionAttributeValues: { ':v': S('Oslo') } }),
        }),
      }),
    );
  const get = async (id: string) =>
    (await client.send(new GetItemCommand({ TableName: 'plants', Key: { id: S(id) } }))).Item;
  return { client, put, get, stop, dataDir };
};

describe('a table', () => {
  it('keeps an item until another one takes its place or it is deleted', async () => {
    const { client, put, get } = await start();
    expect(await get('a')).toBeUndefined();
    await put('a', 'Oslo');
    expect(await get('a')).toEqual({ id: S('a'), town: S('Oslo') });
    await put('a', 'Bergen');
    expect(await get('a')).toEqual({ id: S('a'), town: S('Bergen') });
    await client.send(new DeleteItemCommand({ TableName: 'plants', Key: { id: S('a') } }));
    expect(await get('a')).toBeUndefined();
  });

  it('has after a restart what it had before, but for a line that was cut off', async () => {
    const { put, stop, dataDir } = await start();
    await put('a', 'Oslo');
    await put('b', 'Bergen');
    await put('a', 'Bodø');
    await stop();
    appendFileSync(join(dataDir, readdirSync(dataDir)[0]!), '[{"put":{"id":{"S":"c"');
    const { client } = await start(dataDir);
    const { Items } = await client.send(new ScanCommand({ TableName: 'plants' }));
    expect(Items?.map(({ id, town }) => `${id?.S} ${town?.S}`)).toEqual(['a Bodø', 'b Bergen']);
  });

  it.each([
    ['attribute_not_exists(id)', true, false],
    ['attribute_exists(id)', false, true],
    ['town = :v', false, true],
    ['#t <> :v', true, false],
    ['begins_with(town, :v)', false, true],
    ['attribute_not_exists(id) OR town = :v', true, true],
    ['attribute_exists(id) AND NOT (#t = :v)', false, false],
  ])('writes under the condition %s: without the item %s, with it %s', async (condition, without, with_) => {
    const { put } = await start();
    const holds = async () =>
      put('a', 'Oslo', condition).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(ConditionalCheckFailedException);
          return false;
        },
      );
    expect(await holds()).toBe(without);
    await put('a', 'Oslo');
    expect(await holds()).toBe(with_);
  });

  it('does all of a transaction or nothing of it, and says which condition did not hold', async () => {
    const { client, put, get } = await start();
    await put('a', 'Oslo');
    const transaction = (town: string) =>
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Put: { TableName: 'plants', Item: { id: S('b'), town: S('Bergen') } } },
            {
              Delete: {
                TableName: 'plants',
                Key: { id: S('a') },
                ConditionExpression: 'town = :town',
                ExpressionAttributeValues: { ':town': S(town) },
              },
            },
          ],
        }),
      );
    const refusal = await transaction('Tromsø').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TransactionCanceledException);
    const { CancellationReasons } = refusal as TransactionCanceledException;
    expect(CancellationReasons?.map(({ Code }) => Code)).toEqual(['None', 'ConditionalCheckFailed']);
    expect([await get('a'), await get('b')].map((item) => item !== undefined)).toEqual([true, false]);
    await transaction('Oslo');
    expect([await get('a'), await get('b')].map((item) => item !== undefined)).toEqual([false, true]);
  });

  it('is read by an index in the order of its keys, page by page, without items that lack them', async () => {
    const { client, put } = await start();
    for (const id of ['d', 'b', 'a', 'c']) await put(id, 'Oslo');
    await put('e', 'Bergen');
    await client.send(new PutItemCommand({ TableName: 'plants', Item: { id: S('f') } }));
    const input = {
      TableName: 'plants',
      IndexName: 'byTown',
      KeyConditionExpression: '#town = :town',
      ExpressionAttributeNames: { '#town': 'town' },
      ExpressionAttributeValues: { ':town': S('Oslo') },
      Limit: 3,
    };
    const pages: string[][] = [];
    for await (const { Items = [] } of paginateQuery({ client }, { ...input }))
      pages.push(Items.map(({ id }) => id!.S!));
    expect(pages).toEqual([['a', 'b', 'c'], ['d']]);
    const { Items } = await client.send(new QueryCommand({ ...input, ScanIndexForward: false }));
    expect(Items?.map(({ id }) => id?.S)).toEqual(['d', 'c', 'b']);
  });

  it.each([
    ['another table', new GetItemCommand({ TableName: 'other', Key: { id: S('a') } }), 'ResourceNotFoundException'],
    [
      'a key of another type',
      new GetItemCommand({ TableName: 'plants', Key: { id: { N: '1' } } }),
      'ValidationException',
    ],
    ['an empty key', new GetItemCommand({ TableName: 'plants', Key: { id: S('') } }), 'ValidationException'],
    [
      'an operation that is not served',
      new UpdateItemCommand({ TableName: 'plants', Key: { id: S('a') } }),
      'UnknownOperationException',
    ],
    [
      'a parameter that is not served',
      new ScanCommand({ TableName: 'plants', Segment: 0, TotalSegments: 2 }),
      'ValidationException',
    ],
    [
      'a condition that is not understood',
      new DeleteItemCommand({ TableName: 'plants', Key: { id: S('a') }, ConditionExpression: 'size(id) > 1' }),
      'ValidationException',
    ],
    [
      'a query without its hash key',
      new QueryCommand({
        TableName: 'plants',
        IndexName: 'byTown',
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': S('a') },
      }),
      'ValidationException',
    ],
    [
      'a consistent read of an index',
      new QueryCommand({
        TableName: 'plants',
        IndexName: 'byTown',
        ConsistentRead: true,
        KeyConditionExpression: 'town = :town',
        ExpressionAttributeValues: { ':town': S('a') },
      }),
      'ValidationException',
    ],
  ])('refuses %s', async (_, command, name) => {
    const { client } = await start();
    await expect(client.send(command as GetItemCommand)).rejects.toMatchObject({ name });
  });

  it('asks whether the caller may, and may open its key', async () => {
    const asked: string[] = [];
    const guard: Guard = {
      ...openGuard,
      check: (_, action, resource, context) =>
        void asked.push([action, resource, ...Object.values(context ?? {})].join(' ')),
    };
    const keyArn = 'arn:aws:kms:us-east-1:000000000000:key/k';
    const { client, get, put } = await start(temporaryFolder(), { ...TABLE, keyArn }, guard);
    const open = `kms:Decrypt ${keyArn} dynamodb.us-east-1.amazonaws.com plants 000000000000`;
    await get('a');
    await put('a', 'Oslo');
    await client.send(
      new QueryCommand({
        TableName: 'plants',
        IndexName: 'byTown',
        KeyConditionExpression: 'town = :town',
        ExpressionAttributeValues: { ':town': S('a') },
      }),
    );
    const Delete = { TableName: 'plants', Key: { id: S('a') } };
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Delete }] }));
    expect(asked).toEqual([
      `dynamodb:GetItem ${ARN}`,
      open,
      `dynamodb:PutItem ${ARN}`,
      open,
      `dynamodb:Query ${ARN}/index/byTown`,
      open,
      `dynamodb:DeleteItem ${ARN}`,
      open,
    ]);
  });
});

describe('a condition', () => {
  const holds = (text: string, item: Record<string, AttributeValue>, values: Record<string, AttributeValue> = {}) =>
    compileCondition(text, { names: {}, values: values as never })(item as never);

  it('compares numbers as numbers, texts by their bytes, and never one with the other', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        expect(holds('x < :y', { x: { N: String(a) } }, { ':y': { N: String(b) } })).toBe(a < b);
        expect(holds('x >= :y', { x: { N: String(a) } }, { ':y': { N: String(b) } })).toBe(a >= b);
        expect(holds('x = :y', { x: { N: String(a) } }, { ':y': S(String(a)) })).toBe(false);
      }),
    );
  });

  it('knows AND before OR, and parentheses before both', () => {
    const item = { a: S('1') };
    expect(holds('attribute_exists(a) OR attribute_exists(b) AND attribute_exists(c)', item)).toBe(true);
    expect(holds('(attribute_exists(a) OR attribute_exists(b)) AND attribute_exists(c)', item)).toBe(false);
  });

  it.each([
    '',
    'a =',
    'a = :missing',
    '(attribute_exists(a)',
    'attribute_exists(a) attribute_exists(b)',
    'a ~ b',
    '#n = a',
  ])('refuses "%s"', (text) => {
    expect(() => holds(text, {})).toThrow();
  });
});

describe('a table of a template', () => {
  const properties = {
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    DeletionProtectionEnabled: true,
  };
  const load = (change: object) =>
    tablesOf(
      loadTemplates(
        writeAssembly({
          Store: { Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: { ...properties, ...change } } } },
        }),
      ),
    );

  it('is named after its stack, and known by its ARN', () => {
    expect(load({})).toEqual([
      {
        name: 'Store-Table',
        arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Store-Table',
        key: { hash: 'id' },
        types: { id: 'S' },
        indexes: {},
      },
    ]);
  });

  it.each([
    [{ BillingMode: 'PROVISIONED' }, /only on demand/],
    [{ StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }, /StreamSpecification/],
    [{ KeySchema: [{ AttributeName: 'id', KeyType: 'RANGE' }] }, /needs a HASH attribute/],
  ])('with %j is refused: it would behave otherwise here', (change, message) => {
    expect(() => load(change)).toThrow(message);
  });
});
