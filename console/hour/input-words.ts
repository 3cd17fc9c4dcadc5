import type { ExplainedHour, ExplainedValue } from '#core/contracts/api/measurements';
import { counted } from '../format/figure.ts';
import { leftOutWords } from '../format/reading-status.ts';
import { PARAMETER_WORDS } from '../format/words.ts';

type Input = ExplainedValue['inputs'][number];
type Channels = ExplainedHour['hour']['channels'];

/** The mean of a channel over the hour, and what was left out of it. */
export const channelWords = (channels: Channels, name: string): string => {
  const channel = channels[name];
  if (!channel) return `channel ${name}`;
  const { average, validMinutes, leftOut } = channel;
  const minutes = counted(validMinutes, 'valid minute');
  const without = leftOutWords(leftOut);
  const mean = average === null ? `not a valid hour: ${minutes}` : `mean ${average} of ${minutes}`;
  return `channel ${name}, ${mean}${without === '' ? '' : `; left out ${without}`}`;
};

/** Where an input comes from. */
export const originWords = ({ from, of }: Input, channels: Channels): string => {
  switch (from) {
    case 'channel':
      return channelWords(channels, of ?? '');
    case 'value':
      return `value of this hour: ${PARAMETER_WORDS[of as keyof typeof PARAMETER_WORDS] ?? of}`;
    case 'plan':
      return `monitoring plan${of === null ? '' : `, fuel ${of}`}`;
    case 'constant':
      return 'constant of the equation';
    default:
      return 'operating time of this hour';
  }
};
