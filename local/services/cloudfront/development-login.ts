import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { AwsError, readBody } from '../aws-json.ts';
import type { DevelopmentLogin } from '../cognito/id-token.ts';

const MAX_BYTES = 4096;

const login = z.strictObject({
  /** Which there are, the pool says. */
  group: z.string().max(128),
  facilities: z.union([z.tuple([z.literal('*')]), z.array(z.string().regex(/^[^\s*]{1,64}$/)).max(200)]),
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]*$/u, 'expected one line'),
});

const refused = (status: number, message: string) => new AwsError('Refused', message, status);

/**
 * Reads who wants to be whom. Only the console itself may ask: the browser says for a page elsewhere that it is from
 * elsewhere, and a form, which may be sent from anywhere, cannot be of type JSON.
 * @throws AwsError with the status of the answer
 */
export const readDevelopmentLogin = async (request: IncomingMessage): Promise<DevelopmentLogin> => {
  const { host, origin, 'sec-fetch-site': site, 'content-type': type = '' } = request.headers;
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw refused(415, `content type ${JSON.stringify(type)}: expected application/json`);
  if ((origin !== undefined && origin !== `http://${host}`) || (site !== undefined && site !== 'same-origin'))
    throw refused(403, 'only the console itself may ask for a development login');
  const body = await readBody(request, MAX_BYTES, () => refused(413, `at most ${MAX_BYTES} bytes`));
  const parsed = login.safeParse(jsonOf(body));
  if (parsed.success) return parsed.data;
  throw refused(400, z.prettifyError(parsed.error));
};

const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw refused(400, `expected JSON: ${(error as Error).message}`);
  }
};
