import { h } from '../dom.ts';
import { LONGEST_NOTE, SHORTEST_WHY } from '../format/words.ts';
import { may } from '../session/me.ts';
import { changeForm, field } from './form.ts';

/** A field for why something is changed. */
export const whyField = (hint: string): { readonly element: HTMLElement; readonly value: () => string } => {
  const input = h('input', { required: true, minlength: SHORTEST_WHY, maxlength: LONGEST_NOTE, autocomplete: 'off' });
  return { element: field('Why', input, hint), value: () => input.value.trim() };
};

/** Says that somebody has seen it. Undefined for who may not. */
export const acknowledgeForm = (what: string, acknowledge: (why: string) => Promise<void>): HTMLElement => {
  if (!may('operator')) return h('p', { class: 'quiet' }, 'Operators acknowledge; you may only look.');
  const why = whyField('What you know or do about it; it stands in the audit trail with your name');
  return changeForm(
    { button: `Acknowledge the ${what}`, done: 'Acknowledged.', submit: () => acknowledge(why.value()) },
    why.element,
  );
};
