import { minuteOfText, textOfMinute } from '#core/time';
import { h } from '../dom.ts';
import { ageText, durationText } from '../format/duration.ts';
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

/** The end of a minute: a reading stands for all of it. */
export const endOf = (minute: string): string => textOfMinute(minuteOfText(minute) + 1);

/** How far a minute is behind now, from its end; kept up to date by the shell. */
export const lag = (minute: string): HTMLElement => {
  const end = endOf(minute);
  const since = Date.parse(end);
  return h('time', { datetime: end, title: end, 'data-since': since, 'data-as': 'lag' }, lagText(Date.now() - since));
};

const lagText = (ms: number): string => durationText(Math.floor(ms / 60_000));

/** Counts on what `age` and `lag` made, each second: answers of the API say nothing new as long as only time passes. */
export const tickAges = (): void => {
  for (const element of document.querySelectorAll<HTMLElement>('[data-since]')) {
    const words = element.dataset.as === 'lag' ? lagText : ageText;
    const text = words(Date.now() - Number(element.dataset.since));
    if (element.textContent !== text) element.textContent = text;
  }
};

/** A moment that is no plant's: when somebody did something. */
export const utcTime = (utc: string): HTMLElement => h('time', { datetime: utc }, `${plantTime(utc, 0)} UTC`);
