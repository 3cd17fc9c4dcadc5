/** What an object in the failed bucket holds, as it goes back on its stream. */
export interface Redrivable {
  readonly streamName: string;
  readonly records: readonly { readonly key: string; readonly data: Uint8Array }[];
}

/** @throws Error when the bytes are not JSON */
export const jsonOf = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (cause) {
    throw new Error(`it is not JSON: ${(cause as Error).message}`, { cause });
  }
};

/** @throws Error that names what is missing or wrong */
export const readAs = <T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: ReadIssues } },
  value: unknown,
  what: string,
): T => {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`it is not ${what}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
};

interface ReadIssues {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}
