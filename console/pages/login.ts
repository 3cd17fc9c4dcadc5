import type { Group } from '#core/contracts/api/access';
import { h } from '../dom.ts';
import { capital, GROUP_WORDS } from '../format/words.ts';
import { changeForm, field } from '../parts/form.ts';
import { DEFAULT_CHOICE } from '../session/development.ts';
import type { Login } from '../session/login.ts';
import { session } from '../session/session.ts';

/**
 * Where people sign in.
 * @param why    why they are here
 * @param onward what comes next
 */
export const loginPage = (login: Login, why: string, onward: () => Promise<void>): HTMLElement =>
  h(
    'section',
    { class: 'panel login stack' },
    h('h1', null, 'Sign in'),
    h('p', { class: 'quiet' }, `${capital(why)}.`),
    login.kind === 'cognito' ? cognitoForm(login) : developmentForms(login, onward),
  );

const cognitoForm = (login: Login & { kind: 'cognito' }): HTMLElement =>
  changeForm(
    { button: 'Sign in with your account', done: '', submit: () => login.signIn() },
    h('p', null, 'You are taken to the sign-in page of your organisation and back. A second factor is asked for.'),
  );

const developmentForms = (login: Login & { kind: 'development' }, onward: () => Promise<void>): HTMLElement[] => {
  const quick = changeForm({
    button: 'Continue as engineer',
    done: '',
    submit: async () => {
      session.keep(await login.signIn(DEFAULT_CHOICE));
      await onward();
    },
  });
  const groups = (Object.entries(GROUP_WORDS) as [Group, string][]).map(([group, words]) => {
    const radio = h('input', { type: 'radio', name: 'group', value: group, checked: group === DEFAULT_CHOICE.group });
    return h('label', { class: 'choice' }, radio, h('span', null, words));
  });
  const name = h('input', { value: DEFAULT_CHOICE.name, maxlength: 60, required: true, autocomplete: 'off' });
  const facilities = h('input', { value: '*', required: true, autocomplete: 'off', spellcheck: 'false' });
  const form: HTMLFormElement = changeForm(
    {
      button: 'Sign in as this person',
      done: '',
      main: false,
      submit: async () => {
        const group = (new FormData(form).get('group') ?? DEFAULT_CHOICE.group) as Group;
        const names = facilities.value.split(/[\s,]+/).filter((each) => each !== '');
        session.keep(await login.signIn({ group, facilities: names, name: name.value }));
        await onward();
      },
    },
    h('fieldset', null, h('legend', null, 'Group'), groups),
    field('Facilities', facilities, 'Names with commas between, or * for all'),
    field('Name', name, 'Stands in the audit trail'),
  );
  return [quick, h('details', null, h('summary', null, 'As somebody else'), form)];
};
