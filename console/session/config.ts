/** How people sign in here; served beside the console. */
export type Config =
  | { readonly auth: { readonly kind: 'cognito'; readonly domain: string; readonly clientId: string } }
  | { readonly auth: { readonly kind: 'development' } };

/** @throws Error when the answer is not a configuration */
export const loadConfig = async (): Promise<Config> => {
  const response = await fetch('/config.json', { cache: 'no-store' });
  if (!response.ok)
    throw new Error(`the configuration of the console cannot be had: /config.json answers ${response.status}`);
  const { auth } = (await response.json()) as Partial<Config>;
  if (auth?.kind === 'development' || (auth?.kind === 'cognito' && auth.domain && auth.clientId))
    return { auth } as Config;
  throw new Error(
    'the configuration of the console names no way to sign in: /config.json has no auth of kind cognito or development',
  );
};
