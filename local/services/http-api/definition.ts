export interface RouteDefinition {
  /** `ANY /api/v1/{proxy+}` */
  readonly key: string;
  /** ARN of the function, or of its alias, that answers. */
  readonly target: string;
  /** How long the gateway waits for it. */
  readonly timeoutMs: number;
  /** Whose tokens are asked for. @default none */
  readonly authorizer?: TokenRequirement;
  /** Of its own. @default that of the stage, with the other routes */
  readonly throttle?: ThrottleDefinition;
}

export interface ThrottleDefinition {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export interface TokenRequirement {
  readonly issuer: string;
  readonly audience: readonly string[];
}

export interface HttpApiDefinition {
  readonly apiId: string;
  readonly routes: readonly RouteDefinition[];
  readonly throttle: ThrottleDefinition;
}
