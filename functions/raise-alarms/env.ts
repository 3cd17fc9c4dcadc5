import type { DatabaseEnv } from '#adapters/own-database';

export type RaiseAlarmsEnv = DatabaseEnv | 'NOTICES_TOPIC_ARN' | 'ESCALATIONS_TOPIC_ARN';
/** Where people look, for links in notices. Not known before the console is deployed; then they name the page in words. */
export type RaiseAlarmsOption = 'CONSOLE_URL';
