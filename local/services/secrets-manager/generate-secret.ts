import { randomInt } from 'node:crypto';

/** `GenerateSecretString` of AWS::SecretsManager::Secret, as the template says it. */
export interface GenerateSecretString {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  readonly RequireEachIncludedType?: boolean;
}

/** The sets of AWS. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/**
 * The secret's text: the template's JSON object with the password under its key, or the password alone.
 *
 * @throws when nothing is left to make a password of, or it is too short for one character of each type
 */
export const generateSecretString = (rule: GenerateSecretString): string => {
  const password = randomPassword(rule);
  if (rule.SecretStringTemplate === undefined || rule.GenerateStringKey === undefined) return password;
  const template = JSON.parse(rule.SecretStringTemplate) as Record<string, unknown>;
  return JSON.stringify({ ...template, [rule.GenerateStringKey]: password });
};

const randomPassword = (rule: GenerateSecretString): string => {
  const { PasswordLength: length = 32, ExcludeCharacters: excluded = '', RequireEachIncludedType: each = true } = rule;
  const sets = [
    rule.ExcludeLowercase ? '' : LOWERCASE,
    rule.ExcludeUppercase ? '' : UPPERCASE,
    rule.ExcludeNumbers ? '' : NUMBERS,
    rule.ExcludePunctuation ? '' : PUNCTUATION,
    rule.IncludeSpace ? ' ' : '',
  ]
    .map((set) => [...set].filter((char) => !excluded.includes(char)))
    .filter((set) => set.length > 0);
  if (sets.length === 0) throw new Error('the secret excludes every character: nothing is left for a password');
  const required = each ? sets : [];
  if (required.length > length) {
    throw new Error(`a password of ${length} characters cannot hold one of each of ${required.length} types`);
  }
  const all = sets.flat();
  const chars = Array.from({ length }, (_, at) => pick(required[at] ?? all));
  return shuffled(chars).join('');
};

const pick = (set: readonly string[]): string => set[randomInt(set.length)]!;

const shuffled = (chars: string[]): string[] => {
  for (let last = chars.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [chars[last], chars[other]] = [chars[other]!, chars[last]!];
  }
  return chars;
};
