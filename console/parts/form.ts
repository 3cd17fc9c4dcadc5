import { type Child, h } from '../dom.ts';
import { announce } from './announce.ts';
import { wordsOf } from './notice.ts';

let fields = 0;

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A control with its label and, where it helps, a hint. */
export const field = (label: string, control: Control, hint?: string): HTMLElement => {
  control.id ||= `field-${++fields}`;
  const hintId = `${control.id}-hint`;
  if (hint !== undefined) control.setAttribute('aria-describedby', hintId);
  return h(
    'div',
    { class: 'field' },
    h('label', { for: control.id }, label),
    control,
    hint === undefined ? null : h('span', { class: 'hint', id: hintId }, hint),
  );
};

/** A choice of one, with an empty one first where nothing is chosen yet. */
export const choice = (
  options: Readonly<Record<string, string>>,
  chosen: string | null,
  attributes: Readonly<Record<string, string | boolean>> = {},
): HTMLSelectElement =>
  h(
    'select',
    attributes,
    chosen === null ? h('option', { value: '' }, 'choose …') : null,
    Object.entries(options).map(([value, words]) => h('option', { value, selected: value === chosen }, words)),
  );

interface Change {
  readonly button: string;
  /** What is said when it is done. */
  readonly done: string;
  /** Makes the change; what it throws is said beside the button. */
  readonly submit: () => Promise<void>;
  /** @default the first button of a page that matters */
  readonly main?: boolean;
}

/** A form that makes one change. It says that it is at work, that it is done, or why it is not. */
export const changeForm = (
  { button, done, submit, main = true }: Change,
  ...children: readonly Child[]
): HTMLFormElement => {
  const send = h('button', { type: 'submit', class: main ? 'main' : '' }, button);
  const failure = h('p', { class: 'failure', role: 'alert' });
  const success = h('p', { class: 'done' });
  const run = async () => {
    failure.textContent = '';
    success.textContent = '';
    send.disabled = true;
    send.textContent = 'One moment …';
    try {
      await submit();
      success.textContent = done;
      announce(done);
    } catch (error) {
      failure.textContent = wordsOf(error);
    } finally {
      send.disabled = false;
      send.textContent = button;
    }
  };
  return h(
    'form',
    {
      onsubmit: (event) => {
        event.preventDefault();
        void run();
      },
    },
    children,
    h('div', { class: 'buttons' }, send),
    failure,
    success,
  );
};
