import type { ExplainedHour, ExplainedValue } from '#core/contracts/api/measurements';
import { h } from '../dom.ts';
import { storedFigure } from '../format/figure.ts';
import { reportingPlaces } from '../format/reporting-places.ts';
import { PARAMETER_WORDS } from '../format/words.ts';
import { type FormulaPart, plainText, type Step, stepsOf, unroundedText } from './formula.ts';
import { inputPlaces, originWords } from './input-words.ts';
import { modcWords } from './modc-words.ts';

type Input = ExplainedValue['inputs'][number];

const idOf = (kind: 'value' | 'channel', name: string): string => `${kind}-${name}`;

/** Goes to another section of the page; the address belongs to the page as a whole. */
const goTo =
  (id: string) =>
  (event: Event): void => {
    event.preventDefault();
    const heading = document.getElementById(id);
    heading?.scrollIntoView({ block: 'start' });
    heading?.focus({ preventScroll: true });
  };

export const sectionLink = (kind: 'value' | 'channel', name: string, text: string): HTMLElement =>
  h('a', { href: location.hash, onclick: goTo(idOf(kind, name)) }, text);

/** A heading that a link of the page can lead to. */
export const sectionHeading = (
  kind: 'value' | 'channel',
  name: string,
  ...content: readonly (Node | string)[]
): HTMLElement => h('h2', { id: idOf(kind, name), tabindex: -1 }, ...content);

const formulaLine = (parts: readonly FormulaPart[], names: ReadonlyMap<string, string>): HTMLElement[] =>
  parts.map(({ text, symbol }) =>
    symbol === undefined ? h('span', null, text) : h('var', { title: names.get(symbol) ?? symbol }, text),
  );

const stepLines = (
  { inSymbols, result, inNumbers, unrounded, rounded, places }: Step,
  names: ReadonlyMap<string, string>,
): HTMLElement =>
  h(
    'div',
    { class: 'step' },
    h('div', null, h('var', null, result)),
    h('div', null, '= ', formulaLine(inSymbols, names)),
    inNumbers && h('div', { class: 'step-right' }, '= ', formulaLine(inNumbers, names)),
    unrounded && h('div', { class: 'step-right' }, '= ', unroundedText(unrounded)),
    rounded &&
      unrounded &&
      rounded.toFixed(places) !== unroundedText(unrounded) &&
      h('div', { class: 'step-right' }, '→ rounded ', h('strong', null, rounded.toFixed(places))),
  );

const origin = (input: Input, channels: ExplainedHour['hour']['channels']): Node | string => {
  const words = originWords(input, channels);
  if (input.of === null || (input.from !== 'value' && input.from !== 'channel')) return words;
  return sectionLink(input.from, input.of, words);
};

const inputRow = (input: Input, channels: ExplainedHour['hour']['channels']): HTMLElement =>
  h(
    'tr',
    null,
    h('th', { scope: 'row' }, h('var', null, input.symbol)),
    h(
      'td',
      { class: 'nowrap', 'data-label': 'Value' },
      h(
        'span',
        null,
        h('strong', null, plainText(input.value, inputPlaces(input)) ?? 'no value'),
        h('small', null, ` ${input.unit}`),
      ),
    ),
    h(
      'td',
      { 'data-label': 'What it is' },
      h('span', null, input.name, h('span', { class: 'origin quiet small' }, origin(input, channels))),
    ),
  );

const inputTable = ({ parameter, inputs }: ExplainedValue, channels: ExplainedHour['hour']['channels']): HTMLElement =>
  h(
    'table',
    { class: 'cards inputs' },
    h('caption', { class: 'out-of-sight' }, `What goes into ${PARAMETER_WORDS[parameter]}`),
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        ['Symbol', 'Value', 'What it is and where it is from'].map((text) => h('th', { scope: 'col' }, text)),
      ),
    ),
    h(
      'tbody',
      null,
      inputs.map((input) => inputRow(input, channels)),
    ),
  );

/** How one value of an hour was made: equation, numbers, citation, rounding, inputs. */
export const valueSection = (explained: ExplainedValue, channels: ExplainedHour['hour']['channels']): HTMLElement => {
  const { parameter, value, unit, modc, equation, formula, citation, rounding, inputs } = explained;
  const names = new Map(inputs.map(({ symbol, name }) => [symbol.replace(/^1\//, ''), name]));
  const steps = stepsOf(
    formula,
    inputs.map((input) => ({ ...input, places: inputPlaces(input) })),
    rounding,
  );
  return h(
    'section',
    { class: 'panel value-section', 'aria-label': PARAMETER_WORDS[parameter] },
    h(
      'div',
      { class: 'head' },
      sectionHeading('value', parameter, PARAMETER_WORDS[parameter]),
      h(
        'p',
        { class: 'figure-large' },
        value === null
          ? h('span', { class: 'doubtful' }, 'no value')
          : [
              h('strong', null, storedFigure(value, reportingPlaces(parameter, equation))),
              h('small', null, ` ${unit}`),
            ],
      ),
    ),
    h(
      'div',
      { class: 'how' },
      h(
        'div',
        null,
        steps.length > 0
          ? h(
              'div',
              {
                class: 'formula',
                tabindex: 0,
                role: 'region',
                'aria-label': `Equation of ${PARAMETER_WORDS[parameter]}`,
              },
              steps.map((step) => stepLines(step, names)),
            )
          : h('p', { class: 'quiet' }, 'No monitoring plan on record makes this value: its equation cannot be shown.'),
        h(
          'dl',
          { class: 'facts' },
          h('dt', null, 'Equation'),
          h('dd', null, equation),
          citation !== '' && [h('dt', null, 'Citation'), h('dd', null, citation)],
          rounding !== '' && [h('dt', null, 'Rounding'), h('dd', null, rounding)],
          h('dt', null, 'Method of determination'),
          h('dd', null, modcWords(modc, value)),
        ),
      ),
      inputs.length > 0 && inputTable(explained, channels),
    ),
  );
};
