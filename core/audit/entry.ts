import * as z from 'zod';
import { type Canonical, canonicalJson } from '../evidence/canonical-json.ts';

/** Before the first entry there is no hash; it continues this one. */
export const NO_HASH = '0'.repeat(64);
/** Longest document: the database gives back rows of at most 64 KB. */
export const MAX_DOCUMENT_CHARACTERS = 16_000;

const canonical = z.custom<Canonical>((value) => value !== undefined);

/** One change by a person, as it stands in the audit trail. */
export const auditEntry = z.strictObject({
  v: z.literal(1),
  /** 1, 2, 3 and so on without a gap. */
  entry: z.int().min(1),
  at: z.iso.datetime(),
  /** ARN of the caller, the operator of a local cloud, or the e-mail address of whoever uses the API. */
  who: z.string().min(1),
  /** What was done, as the command is called: `device revoke`. */
  action: z.string().min(1),
  /** To what: a facility, a serial number, the id of a record. */
  subject: z.string().min(1),
  why: z.string().nullable(),
  /**
   * `done`: the change and this entry are one transaction. A change elsewhere has two entries: `begun` before it, and
   * `done` or `failed` after it. One that has only begun was interrupted, and may have happened in part.
   */
  outcome: z.enum(['begun', 'done', 'failed']),
  /** Number of the entry `begun` that this one ends. */
  begun: z.int().min(1).nullable(),
  before: canonical,
  after: canonical,
});

export type AuditEntry = z.infer<typeof auditEntry>;

/** An entry with its place in the chain. */
export interface StoredEntry {
  readonly entry: number;
  readonly previousHash: string;
  /** The entry as canonical JSON. */
  readonly document: string;
  readonly hash: string;
}

/** @throws RangeError when the document would be longer than can be read back */
export const documentOf = (entry: AuditEntry): string => {
  const document = canonicalJson(entry);
  if (document.length <= MAX_DOCUMENT_CHARACTERS) return document;
  throw new RangeError(
    `an audit entry has at most ${MAX_DOCUMENT_CHARACTERS} characters, ${entry.action} of ${entry.subject} gives ${document.length}`,
  );
};

/**
 * The text whose SHA-256, in UTF-8 and written in hexadecimal, is an entry's hash: the hash of the entry before, a line
 * feed, the document. Any program can check it: `printf '%s\n%s' PREVIOUS DOCUMENT | sha256sum`.
 */
export const hashedText = (previousHash: string, document: string): string => `${previousHash}\n${document}`;
