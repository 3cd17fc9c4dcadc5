import { describe, expect, it } from 'vitest';
import { findRoute, linkTo } from '../../console/router.ts';
import { claimsOf, isFresh } from '../../console/session/claims.ts';
import { challengeOf, unguessable } from '../../console/session/pkce.ts';

const tokenWith = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('a token', () => {
  it('is good until a minute before its end', () => {
    const claims = claimsOf(tokenWith({ exp: 1000, name: 'Ærø ?>~' }));
    expect(isFresh(claims, 939_999)).toBe(true);
    expect(isFresh(claims, 940_000)).toBe(false);
  });

  it.each(['', 'no token', 'a.b.c', tokenWith({}), tokenWith(null), tokenWith({ exp: 'soon' })])(
    'without an end is none: %s',
    (text) => {
      expect(() => claimsOf(text)).toThrow('what came from the login is not a token with an end');
    },
  );
});

describe('the proof of the sign-in (RFC 7636)', () => {
  it('is the challenge of appendix B for its verifier', async () => {
    expect(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('uses a new verifier of 43 unreserved characters each time', () => {
    const all = Array.from({ length: 50 }, unguessable);
    for (const each of all) expect(each).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(new Set(all).size).toBe(50);
  });
});

describe('an address of the console', () => {
  const routes = {
    '': 'fleet',
    alarms: 'alarms',
    'alarms/:id': 'alarm',
    'facilities/:facility/sources/:source': 'source',
  };
  const found = (hash: string) => {
    const route = findRoute(routes, hash);
    return route && [route.page, route.params];
  };

  it('leads to its page', () => {
    for (const hash of ['', '#', '#/']) expect(found(hash)).toEqual(['fleet', {}]);
    expect(found('#/alarms?state=all')).toEqual(['alarms', { state: 'all' }]);
    expect(found('#/alarms/12')).toEqual(['alarm', { id: '12' }]);
  });

  it('carries names with signs of their own, such as **B1 or a slash', () => {
    for (const source of ['**B1', 'a/b?c#d', '100 %']) {
      const hash = linkTo(['facilities', '99101', 'sources', source]);
      expect(found(hash)).toEqual(['source', { facility: '99101', source }]);
    }
  });

  it('leads nowhere when there is no such page', () => {
    for (const hash of ['#/nothing', '#/alarms/1/2', '#/alarms/%E0%A4%A']) expect(found(hash)).toBeUndefined();
  });

  it('does not let what stands after the question mark replace a part of the path', () => {
    expect(found('#/alarms/12?id=13')).toEqual(['alarm', { id: '12' }]);
  });
});
