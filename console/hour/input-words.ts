import type { ExplainedHour, ExplainedValue } from '#core/contracts/api/measurements';
import { counted } from '../format/figure.ts';
import { leftOutWords } from '../format/reading-status.ts';
import { OPERATING_TIME_PLACES, reportingPlaces } from '../format/reporting-places.ts';
import { PARAMETER_WORDS } from '../format/words.ts';

type Input = ExplainedValue['inputs'][number];
type Channels = ExplainedHour['hour']['channels'];

/** Decimals of an input as it is reported; undefined: it stands as it is. */
export const inputPlaces = ({ from, of, unit }: Pick<Input, 'from' | 'of' | 'unit'>): number | undefined => {
  if (from === 'hour') return OPERATING_TIME_PLACES;
  if (from === 'value' && of !== null) return reportingPlaces(of as keyof typeof PARAMETER_WORDS);
  // A stack flow is reported in thousands, all other means to 0.1.
  return from === 'channel' && !STACK_FLOW_UNIT.test(unit) ? 1 : undefined;
};

const STACK_FLOW_UNIT = /^scf/;

/** The mean of a channel over the hour, and what was left out of it. */
export const channelWords = (channels: Channels, name: string, operating = true): string => {
  const channel = channels[name];
  if (!channel) return `channel ${name}`;
  const { average, validMinutes, leftOut } = channel;
  const minutes = counted(validMinutes, 'valid minute');
  const without = leftOutWords(leftOut);
  const mean =
    average === null
      ? `${operating ? 'not a valid hour' : 'not operating'}: ${minutes}`
      : `mean ${average} of ${minutes}`;
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
