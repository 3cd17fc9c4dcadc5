import type { AlarmSettings } from '#core/contracts/alarm';
import { api } from '../api.ts';
import { h } from '../dom.ts';
import type { Page } from '../page.ts';
import { whyField } from '../parts/acknowledge.ts';
import { changeForm, field } from '../parts/form.ts';
import { heading } from '../parts/heading.ts';
import { facts } from '../parts/tiles.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';
import { may } from '../session/me.ts';

/** When the people of a facility are told. */
export const settingsPage: Page = {
  title: ({ facility = '' }) => `Alarm settings of ${plantOf(facility).name}`,
  async show(container, { facility = '' }) {
    const settings = await api('alarmSettings', { params: { facility } });
    container.append(
      heading({
        title: 'Alarm settings',
        what: `When the people of ${plantOf(facility).name} are told`,
        crumbs: [
          { words: 'Fleet', href: '#/' },
          { words: plantOf(facility).name, href: linkTo(['facilities', facility]) },
        ],
      }),
      h('section', { class: 'panel' }, may('engineer') ? settingsForm(facility, settings) : settingsFacts(settings)),
    );
  },
};

const minutes = (count: number | null): string => (count === null ? 'never' : `after ${count} min`);

const percents = (shares: readonly number[]): string =>
  shares.map((share) => Number((share * 100).toPrecision(12))).join(', ');

const settingsFacts = (settings: AlarmSettings): HTMLElement =>
  facts(
    [
      'Warning at',
      settings.warningShares.length === 0 ? 'no share of a limit' : `${percents(settings.warningShares)} % of a limit`,
    ],
    ['Limit near', settings.headroomHours === null ? 'never' : `within ${settings.headroomHours} operating hours`],
    ['Analyser without valid readings', minutes(settings.analyserFaultMinutes)],
    ['No data from the facility', minutes(settings.dataStoppedMinutes)],
    ['Told to the second line', minutes(settings.escalateAfterMinutes)],
  );

const count = (value: number | null, min: number, max: number, required: boolean): HTMLInputElement =>
  h('input', { type: 'number', min, max, step: 1, value, required });

const given = (input: HTMLInputElement): number | null => (input.value === '' ? null : input.valueAsNumber);

const sharesOf = (text: string): number[] =>
  text
    .split(/[\s,;%]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const share = Number(part) / 100;
      if (!(share > 0 && share < 1))
        throw new Error(`warnings are given in percent of the limit between 0 and 100, such as 80, 90; got ${part}`);
      return share;
    })
    .sort((a, b) => a - b);

const settingsForm = (facility: string, settings: AlarmSettings): HTMLElement => {
  const shares = h('input', { value: percents(settings.warningShares), autocomplete: 'off', inputmode: 'decimal' });
  const headroom = count(settings.headroomHours, 1, 720, false);
  const fault = count(settings.analyserFaultMinutes, 2, 1440, true);
  const stopped = count(settings.dataStoppedMinutes, 2, 1440, true);
  const escalate = count(settings.escalateAfterMinutes, 5, 10080, false);
  const why = whyField('Stands in the audit trail with your name and the settings before and after');
  return changeForm(
    {
      button: 'Save settings',
      done: 'Saved.',
      submit: async () => {
        await api('changeAlarmSettings', {
          params: { facility },
          body: {
            settings: {
              warningShares: sharesOf(shares.value),
              headroomHours: given(headroom),
              analyserFaultMinutes: fault.valueAsNumber,
              dataStoppedMinutes: stopped.valueAsNumber,
              escalateAfterMinutes: given(escalate),
            },
            why: why.value(),
          },
        });
      },
    },
    field('Warnings at, % of a limit', shares, 'Up to five, with commas between; empty: no warnings'),
    field(
      'Limit near, operating hours',
      headroom,
      'Told when at present emissions the limit is reached within so many; empty: never',
    ),
    field('Analyser without valid readings, minutes', fault, 'Calibrations and quality-assurance tests count as quiet'),
    field('No data from the facility, minutes', stopped),
    field('Second line, minutes', escalate, 'Told when nobody has acknowledged for so long; empty: never'),
    why.element,
  );
};
