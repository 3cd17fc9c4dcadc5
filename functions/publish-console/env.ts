export type PublishConsoleEnv = 'CONSOLE_BUCKET' | 'CONSOLE_PREFIX';
