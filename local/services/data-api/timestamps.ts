import { AwsError } from '../aws-json.ts';

/** Aurora's Data API prints no fraction, three digits, or six. */
const fraction = (digits: string | undefined): string => {
  const micros = (digits ?? '').padEnd(6, '0');
  if (micros === '000000') return '';
  return `.${micros.endsWith('000') ? micros.slice(0, 3) : micros}`;
};

const refuseInfinite = (text: string): void => {
  // Aurora's Data API answers InternalFailure without a message to these.
  if (text.endsWith('infinity'))
    throw new AwsError('InternalFailure', `${text} cannot be returned: cast it to text`, 500);
};

/** `time` and `timestamp`: as stored. */
export const plainTime = (text: string): string => {
  refuseInfinite(text);
  return text.replace(/\.(\d+)/, (_, digits: string) => fraction(digits));
};

const WITH_ZONE = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** `timestamptz`: the Data API returns the UTC wall clock and leaves the offset out. */
export const utcTimestamp = (text: string): string => {
  if (text.endsWith('+00')) return plainTime(text.slice(0, -3));
  refuseInfinite(text);
  const match = WITH_ZONE.exec(text);
  if (!match) return text; // years over 9999 or BC
  const [, year, month, day, hour, minute, second, digits, sign, hours, minutes = '0', seconds = '0'] = match;
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1 : 1);
  const at = new Date(0);
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  at.setUTCHours(Number(hour), Number(minute), Number(second) - offset);
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}${fraction(digits)}`;
};
