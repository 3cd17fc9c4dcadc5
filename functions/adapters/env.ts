/**
 * A setting from the environment.
 * @throws Error when it is not set: a function without it cannot do its work
 */
export const env = <Key extends string>(name: Key): string => {
  const value = process.env[name];
  if (!value) throw new Error(`environment variable ${name} is not set`);
  return value;
};
