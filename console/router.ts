/** Parts of the address: those of the path by their names, and those after the question mark. All decoded. */
export type Params = Readonly<Record<string, string>>;

export interface Route<Page> {
  readonly page: Page;
  readonly params: Params;
}

/** The address of a page, `#/alarms?state=all`; values are encoded, undefined ones are left out. */
export const linkTo = (
  path: readonly (string | number)[],
  query: Readonly<Record<string, string | undefined>> = {},
): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
  return `#/${path.map((part) => encodeURIComponent(part)).join('/')}${search}`;
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    // Half an escape, typed by hand: no page has such a name.
    return undefined;
  }
};

/** The page of an address; undefined when there is none. */
export const findRoute = <Page>(routes: Readonly<Record<string, Page>>, hash: string): Route<Page> | undefined => {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parts = path.split('/').filter((part) => part !== '');
  for (const [pattern, page] of Object.entries(routes)) {
    const names = pattern.split('/').filter((part) => part !== '');
    if (names.length !== parts.length) continue;
    const params: Record<string, string> = Object.fromEntries(new URLSearchParams(search));
    const fits = names.every((name, index) => {
      const part = decoded(parts[index] ?? '');
      if (part === undefined) return false;
      if (!name.startsWith(':')) return name === part;
      params[name.slice(1)] = part;
      return true;
    });
    if (fits) return { page, params };
  }
  return undefined;
};
