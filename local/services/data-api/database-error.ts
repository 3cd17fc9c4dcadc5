import { DatabaseError } from 'pg';
import { AwsError } from '../aws-json.ts';

/** Shutdown, crash, start-up and lost connections: the writer is not there, and the call may be tried again. */
const UNAVAILABLE = /^(57P0[1-4]|08...|53300)$/;
const QUERY_CANCELED = '57014';

/** What the Data API answers to a failure of PostgreSQL or of the way to it. */
export const asAwsError = (error: unknown): AwsError => {
  if (error instanceof AwsError) return error;
  if (!(error instanceof DatabaseError)) {
    return new AwsError('DatabaseUnavailableException', `the database is not available: ${reason(error)}`, 504);
  }
  const code = error.code ?? 'XX000';
  if (code === QUERY_CANCELED && error.message.includes('statement timeout')) {
    return new AwsError('StatementTimeoutException', error.message);
  }
  if (UNAVAILABLE.test(code)) return new AwsError('DatabaseUnavailableException', describe(error), 504);
  return new AwsError('DatabaseErrorException', describe(error));
};

/** As AWS prints it: `ERROR: duplicate key value ...\n  Detail: Key (id)=(1) already exists.; SQLState: 23505`. */
const describe = ({ severity = 'ERROR', message, detail, hint, position, where, code }: DatabaseError): string => {
  const lines = Object.entries({ Detail: detail, Hint: hint, Position: position, Where: where });
  const more = lines.map(([label, text]) => (text === undefined ? '' : `\n  ${label}: ${text}`)).join('');
  return `${severity}: ${message}${more}; SQLState: ${code}`;
};

const reason = (error: unknown): string => {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
};
