import { describe, expect, it } from 'vitest';
import { newNotices, noticeLine } from '../../local/notices.ts';
import type { PublishedNotice } from '../../local/services/sns.ts';

const notice = (id: number, subject = `[warning] notice ${id}`): PublishedNotice => ({
  at: '2026-01-06T03:04:05.678Z',
  topicArn: 'arn',
  messageId: String(id),
  subject,
  message: 'text',
});

describe('what people are told while a plant runs', () => {
  it('is shown once, also when the oldest are forgotten meanwhile', () => {
    let published = [notice(1), notice(2)];
    const look = newNotices(() => published);
    expect(look().map(({ messageId }) => messageId)).toEqual(['1', '2']);
    expect(look()).toEqual([]);
    published = [notice(2), notice(3)];
    expect(look().map(({ messageId }) => messageId)).toEqual(['3']);
  });

  it('is one line of at most 80 columns', () => {
    expect(noticeLine(notice(1))).toBe('03:04Z told: [warning] notice 1');
    expect(noticeLine(notice(1, 'x'.repeat(99)))).toHaveLength(80);
  });
});
