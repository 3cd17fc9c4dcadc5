export type OriginDefinition =
  | {
      readonly kind: 'bucket';
      readonly bucket: string;
      /** `/console`: what the path of a request is put behind. */
      readonly path: string;
    }
  | { readonly kind: 'http-api'; readonly apiId: string };

export interface Behaviour {
  /** `/api/*` */
  readonly pathPattern: string;
  readonly methods: readonly string[];
  readonly origin: OriginDefinition;
  /** Headers, cookies and query go on to the origin. Without it none of them does. */
  readonly forwardsAll: boolean;
  /** What every answer gets, whatever the origin says. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface DistributionDefinition {
  readonly arn: string;
  /** The first whose pattern fits answers; the last fits everything. */
  readonly behaviours: readonly Behaviour[];
  /** What `/` stands for. */
  readonly rootObject?: string;
}
