import { auditEntry, hashedText, NO_HASH, type StoredEntry } from './entry.ts';

/** The last entry that has been checked. */
export type ChainEnd = Pick<StoredEntry, 'entry' | 'hash'>;

export const CHAIN_START: ChainEnd = { entry: 0, hash: NO_HASH };

/**
 * What is wrong with the entry that was read after `before`; undefined when it continues the chain.
 * @param sha256 of a text in UTF-8, in hexadecimal
 */
export const chainFault = (
  before: ChainEnd,
  stored: StoredEntry,
  sha256: (text: string) => string,
): string | undefined => {
  const { entry, previousHash, document, hash } = stored;
  if (entry !== before.entry + 1) return `entry ${before.entry + 1} is missing, entry ${entry} follows`;
  if (previousHash !== before.hash)
    return `it continues hash ${previousHash}, but the entry before it has ${before.hash}`;
  const computed = sha256(hashedText(previousHash, document));
  if (computed !== hash) return `its hash is ${hash}, but its content gives ${computed}`;
  return contentFault(entry, document);
};

/** A right hash over what is no entry: written by another program than this. */
const contentFault = (entry: number, document: string): string | undefined => {
  let content: unknown;
  try {
    content = JSON.parse(document);
  } catch (error) {
    return `its document is not JSON: ${(error as Error).message}`;
  }
  const read = auditEntry.safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    return `its document is not an audit entry at ${issue?.path.join('.')}: ${issue?.message}`;
  }
  return read.data.entry === entry ? undefined : `its document says that it is entry ${read.data.entry}`;
};
