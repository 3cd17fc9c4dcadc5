import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type Device, device } from '#core/contracts/device';
import { admission } from '#core/devices/admission';
import { EmissionWatchError } from '#core/errors';
import type { DeviceRegistry } from '#core/ports';

/** Others kept changing the same device; the call is to be tried again. */
export class DeviceBusyError extends EmissionWatchError {
  readonly code = 'EW-DEVICE-BUSY';
  readonly retryable = true;
}

const ATTEMPTS = 5;

/** A try that takes longer than a second is given up: the hook has five for everything. */
export const dynamoClient = () =>
  new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true }),
  });

/**
 * The allow-list in a DynamoDB table, keyed by serial number. Beside the devices lies one item for each thing that a
 * device holds, so that no two serial numbers can ever be the same thing; its key is no serial number.
 *
 * Every write is conditional on the device being as it was read, and is tried again from the start when it is not.
 */
export const dynamoDevices = (table: string, client: DynamoDBClient = dynamoClient()): DeviceRegistry => {
  const get = async (serialNumber: string): Promise<Item | undefined> => {
    const input = { TableName: table, Key: { serialNumber: { S: serialNumber } }, ConsistentRead: true };
    return (await client.send(new GetItemCommand(input))).Item;
  };
  const find = async (serialNumber: string) => deviceIn(await get(serialNumber));

  const putDevice = (to: Device, from: Device | undefined) => ({
    TableName: table,
    Item: itemOf(to),
    ...unchanged(from),
  });
  const holdThing = ({ thing, serialNumber }: Device): TransactWriteItem => ({
    Put: {
      TableName: table,
      Item: { ...thingKey(thing), heldBy: { S: serialNumber } },
      ConditionExpression: 'attribute_not_exists(serialNumber) OR heldBy = :holder',
      ExpressionAttributeValues: { ':holder': { S: serialNumber } },
    },
  });
  const freeThing = ({ thing, serialNumber }: Device): TransactWriteItem => ({
    Delete: {
      TableName: table,
      Key: thingKey(thing),
      ConditionExpression: 'attribute_not_exists(serialNumber) OR heldBy = :holder',
      ExpressionAttributeValues: { ':holder': { S: serialNumber } },
    },
  });
  const transact = (...items: TransactWriteItem[]) =>
    wasWritten(client.send(new TransactWriteItemsCommand({ TransactItems: items })));

  return {
    find,

    register: async (registration, { again = false } = {}) => {
      const { serialNumber, thing } = registration;
      return untilDone(serialNumber, async () => {
        const existing = await find(serialNumber);
        if (existing && existing.state !== 'revoked' && !again) return { registered: false, existing };
        const holder = (await get(thingKey(thing).serialNumber.S))?.heldBy?.S;
        const other = holder !== undefined && holder !== serialNumber ? await find(holder) : undefined;
        if (other && other.state !== 'revoked' && other.thing === thing) return { registered: false, existing: other };
        const registered: Device = { ...registration, state: 'registered' };
        const moves = existing && existing.state !== 'revoked' && existing.thing !== thing;
        const written = await transact(
          { Put: putDevice(registered, existing) },
          holdThing(registered),
          ...(moves ? [freeThing(existing)] : []),
        );
        return written ? { registered: true, device: registered } : undefined;
      });
    },

    admit: (request) =>
      untilDone(request.serialNumber, async () => {
        const before = await find(request.serialNumber);
        const decision = admission(before, request);
        if (!decision.admitted || decision.device === before) return decision;
        const written = await wasWritten(client.send(new PutItemCommand(putDevice(decision.device, before))));
        return written ? decision : undefined;
      }),

    revoke: async (serialNumber, at) => {
      const result = await untilDone(serialNumber, async () => {
        const before = await find(serialNumber);
        if (!before || before.state === 'revoked') return { device: before };
        const after: Device = { ...before, state: 'revoked', revokedAt: at };
        const written = await transact({ Put: putDevice(after, before) }, freeThing(before));
        return written ? { device: after } : undefined;
      });
      return result.device;
    },

    list: async () => {
      const found: Device[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
        found.push(...devicesIn(Items));
      return found.sort((a, b) => (a.serialNumber < b.serialNumber ? -1 : 1));
    },

    ofFacility: async (facility) => {
      const found: Device[] = [];
      const input = {
        TableName: table,
        IndexName: 'byFacility',
        KeyConditionExpression: 'facility = :facility',
        ExpressionAttributeValues: { ':facility': { S: facility } },
      };
      for await (const { Items = [] } of paginateQuery({ client }, input)) found.push(...devicesIn(Items));
      return found;
    },
  };
};

type Item = Record<string, AttributeValue>;

const thingKey = (thing: string) => ({ serialNumber: { S: `thing:${thing}` } });

const itemOf = (of: Device): Item =>
  Object.fromEntries(
    Object.entries(of).flatMap(([name, value]) => (value === undefined ? [] : [[name, { S: value }]])),
  );

/** Undefined also for the item of a thing. */
const deviceIn = (item: Item | undefined): Device | undefined =>
  item && !item.heldBy
    ? device.parse(Object.fromEntries(Object.entries(item).map(([name, { S }]) => [name, S])))
    : undefined;

const devicesIn = (items: readonly Item[]): Device[] => items.flatMap((item) => deviceIn(item) ?? []);

/** Everything that ever changes about a device is in these three. */
const unchanged = (before: Device | undefined) => {
  if (!before) return { ConditionExpression: 'attribute_not_exists(serialNumber)' };
  const { state, registeredAt, certificateId } = before;
  const certificate =
    certificateId === undefined ? 'attribute_not_exists(certificateId)' : 'certificateId = :certificate';
  return {
    ConditionExpression: `#state = :state AND registeredAt = :registered AND ${certificate}`,
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: {
      ':state': { S: state },
      ':registered': { S: registeredAt },
      ...(certificateId !== undefined && { ':certificate': { S: certificateId } }),
    },
  };
};

const LOST_RACE = ['None', 'ConditionalCheckFailed', 'TransactionConflict'];

const wasWritten = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    if (reasons.length > 0 && reasons.every(({ Code = 'None' }) => LOST_RACE.includes(Code))) return false;
    throw error;
  }
};

const untilDone = async <Result>(serialNumber: string, attempt: () => Promise<Result | undefined>): Promise<Result> => {
  for (let left = ATTEMPTS; left > 0; left--) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new DeviceBusyError(`device ${serialNumber} was changed by others ${ATTEMPTS} times in a row`, {
    serialNumber,
  });
};
