import { h } from '../dom.ts';

/** Gives a file to the browser to keep: the API wants the token with each request, which a plain link does not send. */
export const saveFile = (content: Blob, name: string): void => {
  const href = URL.createObjectURL(content);
  const link = h('a', { href, download: name });
  link.click();
  URL.revokeObjectURL(href);
};
