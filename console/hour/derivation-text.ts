import type { ExplainedHour, ExplainedValue } from '#core/contracts/api/measurements';
import { counted, storedFigure } from '../format/figure.ts';
import { offsetText, plantHour } from '../format/plant-time.ts';
import { OPERATING_TIME_PLACES, reportingPlaces } from '../format/reporting-places.ts';
import { PARAMETER_WORDS } from '../format/words.ts';
import { plainText, stepsOf, textOfParts, unroundedText } from './formula.ts';
import { channelWords, inputPlaces, originWords } from './input-words.ts';
import { modcWords } from './modc-words.ts';

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const stepLines = ({ formula, inputs, rounding, unit }: ExplainedValue): string[] =>
  stepsOf(
    formula,
    inputs.map((input) => ({ ...input, places: inputPlaces(input) })),
    rounding,
  ).flatMap(({ result, inSymbols, inNumbers, unrounded, rounded, places }) => {
    const lines = [`${result} = ${textOfParts(inSymbols)}`];
    if (inNumbers) lines.push(`${result} = ${textOfParts(inNumbers)}`);
    if (unrounded && rounded)
      lines.push(
        `${result} = ${unroundedText(unrounded)}${unroundedText(unrounded) === rounded.toFixed(places) ? '' : `, rounded ${rounded.toFixed(places)}`} ${unit}`,
      );
    return lines;
  });

const valueLines = (value: ExplainedValue, channels: ExplainedHour['hour']['channels']): string[] => [
  '',
  `${PARAMETER_WORDS[value.parameter]}: ${value.value === null ? 'no value' : `${storedFigure(value.value, reportingPlaces(value.parameter, value.equation))} ${value.unit}`}`,
  ...indented([
    `Method of determination: ${modcWords(value.modc, value.value)}`,
    `Equation ${value.equation}${value.citation === '' ? '' : ` (${value.citation})`}`,
    ...stepLines(value),
    ...(value.rounding === '' ? [] : [`Rounding: ${value.rounding}`]),
    ...value.inputs.map(
      (input) =>
        `where ${input.symbol} = ${plainText(input.value, inputPlaces(input)) ?? 'no value'} ${input.unit}: ${input.name}; ${originWords(input, channels)}`,
    ),
  ]),
];

interface NamedPlant {
  readonly facility: string;
  readonly name: string;
  readonly utcOffsetMinutes: number;
}

/** The whole derivation of an hour as plain text, for a letter or a file: nothing in it needs the console. */
export const derivationText = (
  { hour, values, reproduced, minutes }: ExplainedHour,
  { facility, name, utcOffsetMinutes }: NamedPlant,
): string =>
  [
    `${name} (${facility}), source ${hour.source}`,
    `Hour ${plantHour(hour.hour, utcOffsetMinutes)}, plant time (${offsetText(utcOffsetMinutes)}, no daylight saving); ${hour.hour} UTC`,
    `Operating time ${storedFigure(hour.operatingTime, OPERATING_TIME_PLACES)} h; gross load ${hour.grossLoad ?? 'not known'}; ${counted(hour.minutes, 'minute')} stored`,
    reproduced
      ? 'The stored means and the monitoring plan, worked out anew, give every stored value again.'
      : 'The stored means and the monitoring plans on record do not give every stored value again.',
    ...values.flatMap((value) => valueLines(value, hour.channels)),
    '',
    'Channels',
    ...indented(
      Object.keys(hour.channels).map((channel) => channelWords(hour.channels, channel, Number(hour.operatingTime) > 0)),
    ),
    '',
    `Minutes (UTC; a reading and its status letter for each of: ${minutes.channels.map(({ channel, unit }) => `${channel} ${unit}`).join(', ')})`,
    ...indented(
      minutes.minutes.map(({ minute, firedSeconds, grossLoad, readings, statuses }) =>
        [
          minute,
          `fired ${firedSeconds} s`,
          `load ${grossLoad ?? '-'}`,
          ...readings.map((reading, i) => `${reading ?? '-'} ${statuses[i] ?? '.'}`),
        ].join('  '),
      ),
    ),
    '',
  ].join('\n');
