/** MQTT 5 reason codes that the broker sends (MQTT 5.0, 2.4), among them those that AWS IoT Core lists. */
export const REASON = {
  success: 0x00,
  malformedPacket: 0x81,
  protocolError: 0x82,
  clientIdNotValid: 0x85,
  notAuthorised: 0x87,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  sharedSubscriptionsNotSupported: 0x9e,
  subscriptionIdentifiersNotSupported: 0xa1,
} as const;

export type Reason = (typeof REASON)[keyof typeof REASON];

/** Why something is refused: the code for the client and a sentence for whoever reads the log. */
export type Problem = readonly [Reason, string];

/** MQTT 3.1.1 knows five refusals of CONNECT; everything else is "not authorised" to it. */
export const returnCode3 = (reason: Reason): number => {
  if (reason === REASON.success) return 0;
  return reason === REASON.clientIdNotValid ? 2 : 5;
};
