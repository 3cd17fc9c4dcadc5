import type { Notice } from '../contracts/notice.ts';

/** How urgent it is, for filters of subscriptions. */
export const SEVERITIES = ['information', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type NoticeTopic = 'notices' | 'escalations';

/** A notice as it waits to be told. */
export interface WaitingNotice {
  readonly id: number;
  readonly topic: NoticeTopic;
  readonly notice: Notice;
}

/** What is published as one: for people as text, for programs as a document. */
export interface NoticeMessage {
  readonly topic: NoticeTopic;
  /** Under 100 characters of ASCII. */
  readonly subject: string;
  readonly text: string;
  readonly document: {
    readonly v: 1;
    readonly facility: string | null;
    readonly severity: Severity;
    readonly notices: readonly Notice[];
    /** Notices that are left out here and stand in the console. */
    readonly leftOut: number;
  };
  /** `all` for what concerns every facility: a filter by facility lets both through. */
  readonly facility: string;
  readonly kinds: readonly string[];
  readonly severity: Severity;
}

/** Of a longer list nobody reads more, and a message with all its forms may hold 256 KB. */
const MOST_NOTICES = 20;
const LONGEST_SUBJECT = 99;

export const severityOf = ({ kind, alarm }: Pick<Notice, 'kind' | 'alarm'>): Severity => {
  if (kind === 'escalated') return 'critical';
  if (kind !== 'raised') return 'information';
  return alarm === 'exceedance' ? 'critical' : 'warning';
};

/**
 * One message for each facility and topic, however many notices wait: after an outage of the plant or of the channel
 * nobody is flooded. The most urgent notices stand first, of equal ones the newest.
 * @param consoleUrl where people look, without a slash at the end; undefined: not known
 */
export const joinNotices = (
  waiting: readonly WaitingNotice[],
  consoleUrl: string | undefined,
): readonly { readonly message: NoticeMessage; readonly ids: readonly number[] }[] =>
  [...Map.groupBy(waiting, ({ topic, notice }) => `${topic} ${notice.facility ?? ''}`).values()].map((some) => ({
    message: messageOf(some, consoleUrl),
    ids: some.map(({ id }) => id),
  }));

const rank = ({ notice }: WaitingNotice): number => SEVERITIES.indexOf(severityOf(notice));

const messageOf = (some: readonly WaitingNotice[], consoleUrl: string | undefined): NoticeMessage => {
  const inOrder = [...some].sort((a, b) => rank(b) - rank(a) || b.id - a.id);
  const notices = inOrder.map(({ notice }) => notice);
  const [first] = notices as [Notice];
  const severity = severityOf(first);
  const leftOut = Math.max(0, notices.length - MOST_NOTICES);
  const parts = [
    ...notices.slice(0, MOST_NOTICES).map((notice) => paragraph(notice, consoleUrl)),
    ...(leftOut > 0 ? [`And ${leftOut} more${consoleUrl ? `: ${consoleUrl}/#/alarms` : ', in the console.'}`] : []),
    'EmissionWatch',
  ];
  return {
    topic: some[0]!.topic,
    subject: subjectOf(first.subject, severity, notices.length),
    text: `${parts.join('\n\n')}\n`,
    document: {
      v: 1,
      facility: first.facility,
      severity,
      notices: notices.slice(0, MOST_NOTICES),
      leftOut,
    },
    facility: first.facility ?? 'all',
    kinds: [...new Set(notices.map(({ kind }) => kind))],
    severity,
  };
};

const subjectOf = (subject: string, severity: Severity, count: number): string => {
  const end = count > 1 ? ` (and ${count - 1} more)` : '';
  const begin = `[${severity}] ${subject}`.replace(/[^\x20-\x7e]/g, '?');
  return begin.slice(0, LONGEST_SUBJECT - end.length) + end;
};

const paragraph = ({ subject, text, at, alarmId, exceedanceId }: Notice, consoleUrl: string | undefined): string => {
  const page =
    alarmId !== null
      ? { path: `alarms/${alarmId}`, words: `alarm ${alarmId}` }
      : exceedanceId !== null
        ? { path: `exceedances/${exceedanceId}`, words: `exceedance ${exceedanceId}` }
        : undefined;
  const where = page && (consoleUrl ? `${consoleUrl}/#/${page.path}` : `In the console: ${page.words}.`);
  return [subject, text, `Found ${at.slice(0, 19).replace('Z', '')}Z.${where ? ` ${where}` : ''}`].join('\n');
};
