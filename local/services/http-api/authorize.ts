import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { TokenRequirement } from './definition.ts';

export type Claims = Readonly<Record<string, string>>;

/**
 * What a JWT authorizer of API Gateway checks: signature, issuer, audience (or `client_id` when there is none), `exp`,
 * `nbf` and `iat`. Only RSA signatures are taken.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 *
 * @returns the claims as the function gets them; undefined when the token does not hold
 */
export const authorize = async (
  header: string | undefined,
  { issuer, audience }: TokenRequirement,
  keys: JWTVerifyGetKey,
): Promise<Claims | undefined> => {
  if (header === undefined) return undefined;
  const token = header.replace(/^Bearer /i, '');
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keys, {
      issuer,
      algorithms: ['RS256', 'RS384', 'RS512'],
      requiredClaims: ['exp'],
    }));
  } catch {
    // Whatever is wrong with it: API Gateway tells whoever asks nothing but "Unauthorized".
    return undefined;
  }
  const given = [payload.aud ?? payload.client_id].flat();
  if (!given.some((one) => typeof one === 'string' && audience.includes(one))) return undefined;
  if (typeof payload.iat === 'number' && payload.iat > Date.now() / 1000 + 60) return undefined;
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, asText(value)]));
};

/** As API Gateway writes claims: everything is text, and a list stands in brackets with spaces between. */
const asText = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(asText).join(' ')}]`
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value);
