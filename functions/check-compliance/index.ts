import { dataApiCompliance } from '#adapters/data-api-compliance';
import { dataApiPlans } from '#adapters/data-api-plans';
import { ownDatabase } from '#adapters/own-database';
import { makeHandler } from './handler.ts';

const database = ownDatabase();

export const handler = makeHandler({ plans: dataApiPlans(database), compliance: dataApiCompliance(database) });
