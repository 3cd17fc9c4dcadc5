/** Text that is markup already; everything else is escaped when it is put into a page. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters have no place in a page, and those that turn the order of text around would mislead its reader. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

const escaped = (text: string): string =>
  text.replaceAll(UNPRINTABLE, ' ').replaceAll(/[&<>"']/g, (found) => ESCAPES[found]!);

const written = (part: Part): string => {
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(written).join('');
};

/**
 * Markup with its values escaped.
 * @example html`<p>${'5 < 6'}</p>`.markup // '<p>5 &lt; 6</p>'
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: strings.reduce((text, string, i) => text + (i === 0 ? '' : written(parts[i - 1]!)) + string, ''),
});

export const NOTHING: Markup = { markup: '' };
