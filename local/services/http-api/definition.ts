export interface RouteDefinition {
  /** `ANY /api/v1/{proxy+}` */
  readonly key: string;
  /** ARN of the function, or of its alias, that answers. */
  readonly target: string;
  /** How long the gateway waits for it. */
  readonly timeoutMs: number;
  /** Whose tokens are asked for. @default none */
  readonly authorizer?: TokenRequirement;
}

export interface TokenRequirement {
  readonly issuer: string;
  readonly audience: readonly string[];
}

export interface HttpApiDefinition {
  readonly apiId: string;
  readonly routes: readonly RouteDefinition[];
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number };
}
