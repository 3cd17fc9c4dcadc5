import { type Expression, type RuleMessage, readExpression, readerOf } from './expressions.ts';
import { filterProblem, type TopicFilter, topicFilter } from './topics.ts';

export interface RuleSelect {
  /** The record that the rule makes of a message: a JSON object with the fields in the order of the statement. */
  select(message: RuleMessage): Buffer;
  /** Undefined for a rule without FROM, which only Basic Ingest reaches. */
  readonly from: TopicFilter | undefined;
}

/**
 * Compiles `SELECT expression AS name, ... FROM 'topic/filter'` of AWS IoT SQL 2016-03-23. A field whose value is
 * Undefined is left out of the record, as in AWS.
 *
 * @throws Error for everything else (WHERE, SET, operators, payload fields, other functions), with its place in the text.
 */
export const compileSql = (sql: string): RuleSelect => {
  const reader = readerOf(sql);
  const fields: { readonly name: string; readonly value: Expression }[] = [];
  reader.expect('SELECT');
  do {
    const value = readExpression(reader);
    reader.expect('AS');
    const name = reader.next();
    if (name.kind !== 'word') throw reader.fail(name, 'is not a name for a field');
    if (fields.some((field) => field.name === name.text)) throw reader.fail(name, 'names a second field');
    fields.push({ name: name.text, value });
  } while (reader.accept(','));

  let from: TopicFilter | undefined;
  if (reader.accept('FROM')) {
    const filter = reader.next();
    const problem = filter.kind === 'text' ? filterProblem(filter.text) : 'is not a quoted topic filter';
    if (problem !== undefined) throw reader.fail(filter, problem);
    from = topicFilter(filter.text);
  }
  const rest = reader.next();
  if (rest.kind !== 'end') throw reader.fail(rest, 'is not supported locally after the statement');

  return {
    from,
    select: (message) => {
      const record: Record<string, string | number | undefined> = {};
      for (const { name, value } of fields) record[name] = value(message);
      return Buffer.from(JSON.stringify(record));
    },
  };
};
