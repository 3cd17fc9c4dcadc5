import { credentialsFault, SIGN_IN } from '../credentials.ts';

/** The answer of one check. */
export interface Finding {
  readonly check: string;
  /** `fail`: a deployment would not succeed. `warn`: it may, and somebody should look. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly finding: string;
  /** What to do, in one or more lines; a command line, from `aws` or `npx` on, is a line of its own. */
  readonly wayOut?: string;
}

type Answer = Omit<Finding, 'check'>;

export const ok = (finding: string): Answer => ({ state: 'ok', finding });
export const warn = (finding: string, wayOut: string): Answer => ({ state: 'warn', finding, wayOut });
export const fail = (finding: string, wayOut: string): Answer => ({ state: 'fail', finding, wayOut });

/** Why a call to AWS failed, as far as that decides what to do about it. */
export type Cause = 'denied' | 'credentials' | 'unreachable' | 'other';

export const causeOf = (error: unknown): Cause => {
  const { name, message, code } = error as Error & { code?: string };
  if (/not authorized to perform/i.test(message) || /^(AccessDenied|UnauthorizedOperation)/.test(name)) return 'denied';
  if (/^(CredentialsProvider|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch)/.test(name))
    return 'credentials';
  if (/^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH)$/.test(code ?? '')) return 'unreachable';
  if (name === 'TimeoutError') return 'unreachable';
  return 'other';
};

/** Runs one check; what AWS answers instead of an answer is a finding too. */
export const checked = async (
  check: string,
  region: string,
  run: () => Promise<Answer | readonly Answer[]>,
): Promise<Finding[]> => {
  const named = (answer: Answer | readonly Answer[]): Finding[] =>
    [answer].flat().map((each) => ({ check, ...each }) as Finding);
  try {
    return named(await run());
  } catch (error) {
    return named(unanswered(error, region));
  }
};

const unanswered = (error: unknown, region: string): Answer => {
  const message = (error as Error).message.split('\n')[0]!;
  switch (causeOf(error)) {
    case 'denied':
      return warn(`could not be asked: ${message}`, 'have this permission given to you, or go on without an answer');
    case 'credentials':
      return fail(credentialsFault(error), `${SIGN_IN}; see \`aws sts get-caller-identity\``);
    case 'unreachable':
      return fail(
        `no answer: ${message || (error as Error).name}`,
        `see that this machine reaches AWS and that ${region} is a region with this service`,
      );
    case 'other':
      return fail(`AWS answers ${(error as Error).name}: ${message}`, 'see the message; run the preflight again');
  }
};
