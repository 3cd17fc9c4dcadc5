import { MAX_TOPIC_BYTES, MAX_TOPIC_LEVELS } from './limits.ts';

/** Every topic that can be published to and begins so is one of Basic Ingest. */
export const BASIC_INGEST = '$aws/rules/';
const PREFIX = /^\$aws\/rules\/([^/]+)(?:\/|$)/;

/** A Basic Ingest topic `$aws/rules/NAME/REST`; undefined for every other topic. */
export const basicIngest = (topic: string): { readonly ruleName: string; readonly rest: string } | undefined => {
  const match = topic.startsWith(BASIC_INGEST) ? PREFIX.exec(topic) : null;
  return match ? { ruleName: match[1]!, rest: topic.slice(match[0].length) } : undefined;
};

const SERVED =
  /^\$aws\/(?:certificates\/create-from-csr\/json|provisioning-templates\/[^/]+\/provision\/json|things\/[^/]+\/(?:shadow\/(?:update|get)|jobs\/(?:start-next|get|[^/]+\/(?:get|update))))$/;

/** Does a service answer to this topic? */
export const servedTopic = (topic: string): boolean => SERVED.test(topic);

const tooLong = (text: string): string | undefined => {
  // The first three levels of a Basic Ingest topic do not count.
  const counted = basicIngest(text)?.rest ?? text;
  if (Buffer.byteLength(counted) > MAX_TOPIC_BYTES) return `is longer than ${MAX_TOPIC_BYTES} bytes`;
  if (counted.split('/').length > MAX_TOPIC_LEVELS) return `has more than ${MAX_TOPIC_LEVELS} levels`;
  return undefined;
};

/** Why a topic cannot be published to, or undefined when it can. */
export const topicProblem = (topic: string): string | undefined => {
  if (topic === '') return 'is empty';
  if (/[+#\0]/.test(topic)) return 'holds a wildcard or a null character';
  return tooLong(topic);
};

/** Why a filter cannot be subscribed to, or undefined when it can. */
export const filterProblem = (filter: string): string | undefined => {
  if (filter === '') return 'is empty';
  if (filter.includes('\0')) return 'holds a null character';
  const levels = filter.split('/');
  if (levels.some((level, i) => level.includes('#') && (level !== '#' || i !== levels.length - 1)))
    return '"#" stands only alone in the last level';
  if (levels.some((level) => level.includes('+') && level !== '+')) return '"+" stands only alone in a level';
  return tooLong(filter);
};

export type TopicFilter = (topic: readonly string[]) => boolean;

/** Matches the levels of a topic. A wildcard in the first level does not match topics that start with `$` (MQTT 4.7.2). */
export const topicFilter = (filter: string): TopicFilter => {
  const levels = filter.split('/');
  const open = levels.at(-1) === '#';
  const count = open ? levels.length - 1 : levels.length;
  const wildStart = levels[0] === '+' || levels[0] === '#';
  return (topic) => {
    // "a/#" matches "a" too.
    if (open ? topic.length < count : topic.length !== count) return false;
    if (wildStart && topic[0]!.startsWith('$')) return false;
    for (let i = 0; i < count; i++) if (levels[i] !== '+' && levels[i] !== topic[i]) return false;
    return true;
  };
};
