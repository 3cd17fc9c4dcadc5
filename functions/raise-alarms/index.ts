import { dataApiAlarms } from '#adapters/data-api-alarms';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import { snsNotices } from '#adapters/sns-notices';
import type { RaiseAlarmsEnv, RaiseAlarmsOption } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<RaiseAlarmsEnv>;
const CONSOLE_URL: RaiseAlarmsOption = 'CONSOLE_URL';

export const handler = makeHandler({
  alarms: dataApiAlarms(ownDatabase()),
  publisher: snsNotices({
    notices: setting('NOTICES_TOPIC_ARN'),
    escalations: setting('ESCALATIONS_TOPIC_ARN'),
  }),
  consoleUrl: process.env[CONSOLE_URL] || undefined,
  now: Date.now,
});
