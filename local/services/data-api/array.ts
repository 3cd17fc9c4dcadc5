import { AwsError } from '../aws-json.ts';

const ELEMENT = /"((?:[^"\\]|\\.)*)"|([^,{}"]+)/gs;

/**
 * The elements of a one-dimensional array as PostgreSQL writes it: `{1,2}`, `{a,"b c"}`, `[0:1]={1,2}`.
 *
 * @throws `UnsupportedResultException` for more dimensions, which the Data API does not return, and for a NULL element:
 *   the SDK drops it from the list, and every position after it would be wrong. Cast such a column to text
 */
export const parseArray = (text: string): readonly string[] => {
  const list = text.slice(text.indexOf('{') + 1, -1);
  if (list.startsWith('{')) {
    throw new AwsError('UnsupportedResultException', 'The result contains a multidimensional array.');
  }
  return Array.from(list.matchAll(ELEMENT), ([, quoted, plain]) => {
    if (plain === 'NULL') {
      throw new AwsError(
        'UnsupportedResultException',
        'The result contains an array with a NULL element, which clients drop: cast it to text.',
      );
    }
    return quoted === undefined ? plain! : quoted.replace(/\\(.)/gs, '$1');
  });
};
