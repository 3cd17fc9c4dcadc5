import type { ActionCode, ReasonCode } from '#core/compliance/exceedance-codes';
import type { Exceedance } from '#core/contracts/exceedance';
import { h } from '../dom.ts';
import { ACTION_WORDS, LONGEST_NOTE, REASON_WORDS } from '../format/words.ts';
import { may } from '../session/me.ts';
import { whyField } from './acknowledge.ts';
import { changeForm, choice, field } from './form.ts';

interface Cause {
  readonly reason: ReasonCode;
  readonly action: ActionCode;
  readonly note: string | null;
  readonly why: string;
}

/** Says why an exceedance came about and what was done. */
export const causeForm = (
  { reason, action, note }: Exceedance,
  explain: (cause: Cause) => Promise<void>,
): HTMLElement | undefined => {
  if (!may('operator')) return undefined;
  const reasons = choice(REASON_WORDS, reason, { required: true });
  const actions = choice(ACTION_WORDS, action, { required: true });
  const text = h('textarea', { maxlength: LONGEST_NOTE, rows: 3 }, note);
  const why = whyField('Why this is said now; it stands in the audit trail with your name');
  return changeForm(
    {
      button: 'Save reason and action',
      done: 'Saved.',
      submit: () =>
        explain({
          reason: reasons.value as ReasonCode,
          action: actions.value as ActionCode,
          note: text.value.trim() === '' ? null : text.value.trim().replaceAll('\r\n', '\n'),
          why: why.value(),
        }),
    },
    h('div', { class: 'in-row' }, field('Reason', reasons), field('Action', actions)),
    field('Note', text, 'Optional; stands in the report'),
    why.element,
  );
};
