/** What happened since the start, named after the CloudWatch metrics of AWS IoT where it has one. */
export interface IotCounters {
  /** Connections open now. */
  connections: number;
  connectSuccess: number;
  /** Refused certificates and refused CONNECT packets. */
  connectRefused: number;
  publishIn: number;
  publishOut: number;
  /** Publications that a policy does not allow. */
  publishAuthError: number;
  /** Publications that a limit of the broker does not allow. */
  publishRefused: number;
  /** Filters that a policy or a limit does not allow. */
  subscribeRefused: number;
  /** Messages that a slow subscriber did not get. */
  publishOutDropped: number;
  topicMatch: number;
  /** Basic Ingest to a rule that does not exist or is disabled: the message is lost. */
  ruleNotFound: number;
  actionSuccess: number;
  actionRetries: number;
  actionFailure: number;
  errorActionSuccess: number;
  /** The rule's action and its error action failed, or it has none: the message is lost. */
  errorActionFailure: number;
}

export const newCounters = (): IotCounters => ({
  connections: 0,
  connectSuccess: 0,
  connectRefused: 0,
  publishIn: 0,
  publishOut: 0,
  publishAuthError: 0,
  publishRefused: 0,
  subscribeRefused: 0,
  publishOutDropped: 0,
  topicMatch: 0,
  ruleNotFound: 0,
  actionSuccess: 0,
  actionRetries: 0,
  actionFailure: 0,
  errorActionSuccess: 0,
  errorActionFailure: 0,
});
