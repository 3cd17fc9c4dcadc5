import { startPostgres } from '../../local/services/postgres.ts';

/** A run that never stops its database: a test kills it. */
const postgres = await startPostgres({ dataDir: process.argv[2]!, log: console.log });
console.log(`ready ${postgres.pid}`);
setInterval(() => undefined, 60_000);
