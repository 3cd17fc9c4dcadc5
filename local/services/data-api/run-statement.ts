import { type ClientBase, DatabaseError, type FieldDef, Query, type QueryArrayConfig } from 'pg';
import { AwsError } from '../aws-json.ts';
import type { Bound } from './parameters.ts';
import type { Row } from './result.ts';

export interface Outcome {
  /** Undefined: the statement returns no rows. */
  readonly fields: readonly FieldDef[] | undefined;
  readonly rows: readonly Row[];
  readonly command: string;
  readonly affected: number;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html */
const MAX_RESULT_BYTES = 1024 * 1024;
const MAX_ROW_BYTES = 64 * 1024;

const asText = { getTypeParser: () => (text: string) => text };

/**
 * Statements sent a second time are prepared by name, so that PostgreSQL parses and plans them once a connection.
 * Not the first time: a migration's statements come only once.
 */
const prepared = new Map<string, string>();
const MOST_PREPARED = 1000;
const preparedName = (key: string): string | undefined => {
  const name = prepared.get(key);
  if (name === undefined && prepared.size < MOST_PREPARED) prepared.set(key, '');
  if (name !== '') return name;
  const fresh = `s${preparedNames++}`;
  prepared.set(key, fresh);
  return fresh;
};
let preparedNames = 0;

/**
 * Runs one statement in the text protocol.
 *
 * @throws `UnsupportedResultException` for a result over 1 MiB, `DatabaseErrorException` for a row over 64 KB; rows
 *   over the limit are read and dropped, not kept
 */
export const runStatement = (client: ClientBase, text: string, bound: readonly Bound[]): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const oids = bound.map(({ oid }) => oid);
    const key = `${oids.join()} ${text}`;
    const config: QueryArrayConfig = {
      text,
      name: preparedName(key),
      values: bound.map(({ value }) => value),
      rowMode: 'array',
      // pg hands the same property to its reader of results, as functions, and to Parse, as the list of the
      // parameters' type numbers; its own queries only ever fill the first.
      types: Object.assign(oids, asText),
    };
    const query = new Query<(string | null)[]>(config);
    const rows: Row[] = [];
    let bytes = 0;
    let longest = 0;
    query.on('row', (row: Row) => {
      const size = rowBytes(row);
      bytes += size;
      longest = Math.max(longest, size);
      if (bytes <= MAX_RESULT_BYTES) rows.push(row);
      else rows.length = 0;
    });
    query.once('error', (error) => {
      if (isStalePlan(error)) prepared.set(key, '');
      reject(error);
    });
    query.once('end', (result) => {
      if (longest > MAX_ROW_BYTES) return reject(rowTooLarge(longest));
      if (bytes > MAX_RESULT_BYTES) return reject(resultTooLarge());
      resolve({
        fields: result.fields.length > 0 ? result.fields : undefined,
        rows,
        command: result.command,
        affected: result.rowCount ?? 0,
      });
    });
    client.query(query);
  });

/** A prepared statement whose table has been altered since. Sent again it is prepared anew, under another name. */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '0A000' && error.message.startsWith('cached plan');

/** As it comes over PostgreSQL's wire: a count of columns, and each column with its length. */
const rowBytes = (row: Row): number => {
  let bytes = 2 + 4 * row.length;
  for (const text of row) if (text !== null) bytes += Buffer.byteLength(text);
  return bytes;
};

const resultTooLarge = () =>
  // The wording of Aurora PostgreSQL Serverless v2 and provisioned; Serverless v1 said "Database returned more than
  // the allowed response size limit".
  new AwsError('UnsupportedResultException', 'The result exceeds the size limit 1 MB.');

const rowTooLarge = (bytes: number) =>
  new AwsError('DatabaseErrorException', `Packet for query is too large: a row of ${bytes} bytes, at most 64 KB`);
