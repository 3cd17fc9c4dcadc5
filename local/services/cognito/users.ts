import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { readIfThere, writeAtomically } from '../owned-file.ts';

const user = z.object({
  username: z.string(),
  attributes: z.record(z.string(), z.string()),
  groups: z.array(z.string()),
  enabled: z.boolean(),
  /** Seconds since 1970. */
  created: z.number(),
  modified: z.number(),
});
export type User = z.infer<typeof user>;

/** The people of a pool, in a file that only we may read. Nobody signs in here, so there are no passwords. */
export const openUsers = (dataDir: string, poolId: string, now: () => number = Date.now) => {
  const file = join(dataDir, `${poolId}.users.json`);
  const text = readIfThere(file);
  const users = new Map(
    (text === undefined ? [] : z.array(user).parse(JSON.parse(text))).map((one) => [one.username, one]),
  );
  const keep = () => writeAtomically(file, `${JSON.stringify([...users.values()], null, 2)}\n`, true);
  const seconds = () => Math.floor(now() / 1000);
  return {
    all: (): readonly User[] => [...users.values()],
    /** By username, `sub` or e-mail address, as Cognito finds people in a pool whose people sign in by address. */
    find: (name: string): User | undefined =>
      users.get(name) ?? [...users.values()].find(({ attributes }) => attributes.email === name.toLowerCase()),
    create: (attributes: Readonly<Record<string, string>>): User => {
      const sub = randomUUID();
      const at = seconds();
      const made = {
        username: sub,
        attributes: { ...attributes, sub },
        groups: [],
        enabled: true,
        created: at,
        modified: at,
      };
      users.set(sub, made);
      keep();
      return made;
    },
    change: (username: string, changed: Partial<Pick<User, 'attributes' | 'groups' | 'enabled'>>): void => {
      users.set(username, { ...users.get(username)!, ...changed, modified: seconds() });
      keep();
    },
  };
};

export type Users = ReturnType<typeof openUsers>;
