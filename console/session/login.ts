import { beginSignIn, completeSignIn, forgetSignIn, renewSignIn, signOutAddress } from './cognito.ts';
import type { Config } from './config.ts';
import { type Choice, developmentLogin, forgetDevelopment, renewDevelopment } from './development.ts';

/** How people sign in and out here. */
export type Login =
  | {
      readonly kind: 'development';
      signIn(choice: Choice): Promise<string>;
      renew(): Promise<string | undefined>;
      signOut(): void;
    }
  | {
      readonly kind: 'cognito';
      signIn(): Promise<void>;
      complete(): Promise<string | undefined>;
      renew(): Promise<string | undefined>;
      signOut(): void;
    };

export const loginBy = ({ auth }: Config): Login =>
  auth.kind === 'development'
    ? { kind: 'development', signIn: developmentLogin, renew: renewDevelopment, signOut: forgetDevelopment }
    : {
        kind: 'cognito',
        signIn: () => beginSignIn(auth),
        complete: () => completeSignIn(auth),
        renew: () => renewSignIn(auth),
        signOut: () => {
          forgetSignIn();
          location.assign(signOutAddress(auth));
        },
      };
