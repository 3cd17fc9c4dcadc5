import type { PublishedNotice } from './services/sns.ts';

const COLUMNS = 80;

/** What was published since the last look. */
export const newNotices = (published: () => readonly PublishedNotice[]) => {
  let last: string | undefined;
  return (): readonly PublishedNotice[] => {
    const all = published();
    const known = all.findLastIndex(({ messageId }) => messageId === last);
    last = all.at(-1)?.messageId ?? last;
    return all.slice(known + 1);
  };
};

/** In one line what people got: of a message of several notices the most urgent. */
export const noticeLine = ({ at, subject, message }: PublishedNotice): string => {
  const line = `${at.slice(11, 16)}Z told: ${subject ?? message.replaceAll('\n', ' ')}`;
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 3)}...` : line;
};
