import { h } from '../dom.ts';
import { ageText } from '../format/duration.ts';
import { offsetText, plantHour, plantTime } from '../format/plant-time.ts';
import { plantOf } from '../plants.ts';

/** A moment on the plant's clock, with the UTC one behind it. */
export const timeOf = (utc: string, facility: string): HTMLElement => {
  const { utcOffsetMinutes } = plantOf(facility);
  return h(
    'time',
    { datetime: utc, title: `${utc} (${offsetText(utcOffsetMinutes)} at the plant)` },
    plantTime(utc, utcOffsetMinutes),
  );
};

/** A clock hour of the plant. */
export const hourOf = (utc: string, facility: string): HTMLElement => {
  const { utcOffsetMinutes } = plantOf(facility);
  return h('time', { datetime: utc, title: `hour from ${utc}` }, plantHour(utc, utcOffsetMinutes));
};

/** How long ago, kept up to date by the shell. */
export const age = (utc: string): HTMLElement =>
  h('time', { datetime: utc, title: utc, 'data-since': Date.parse(utc) }, ageText(Date.now() - Date.parse(utc)));

/** Counts on what `age` made, each second. */
export const tickAges = (): void => {
  for (const element of document.querySelectorAll<HTMLElement>('[data-since]')) {
    const text = ageText(Date.now() - Number(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
};

/** A moment that is no plant's: when somebody did something. */
export const utcTime = (utc: string): HTMLElement => h('time', { datetime: utc }, `${plantTime(utc, 0)} UTC`);
