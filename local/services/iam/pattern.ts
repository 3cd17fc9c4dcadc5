/** A text of a policy in which `*` stands for any characters and `?` for one. */
export interface Pattern {
  readonly text: string;
  matches(value: string): boolean;
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/**
 * @param foldCase for actions, which are the same in capital and small letters
 * @throws Error for a policy variable: none is known here, and one that is not replaced would match by accident
 */
export const pattern = (text: string, foldCase = false): Pattern => {
  if (text.includes('${')) throw new Error(`"${text}" has a policy variable, which the local cloud does not know`);
  if (text === '*') return { text, matches: () => true };
  const source = literally(text).replaceAll('\\*', '.*').replaceAll('\\?', '.');
  const whole = new RegExp(`^${source}$`, foldCase ? 'is' : 's');
  return { text, matches: (value) => whole.test(value) };
};

const SEGMENTS = 6;

/** An ARN's six parts, of which the last keeps its colons. */
const partsOf = (arn: string): readonly string[] => {
  const parts = arn.split(':');
  return [...parts.slice(0, SEGMENTS - 1), parts.slice(SEGMENTS - 1).join(':')];
};

/** As the operators ArnLike and ArnEquals compare: part by part, so that no wildcard reaches over a colon. */
export const arnPattern = (text: string): Pattern => {
  const parts = partsOf(text).map((part) => pattern(part));
  return {
    text,
    matches: (arn) => {
      const given = partsOf(arn);
      return given.length === parts.length && parts.every((part, i) => part.matches(given[i]!));
    },
  };
};
