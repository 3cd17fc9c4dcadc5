/** A certificate that is issued and not yet in use. */
export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** Proves for an hour that the certificate is the caller's. */
  readonly ownershipToken: string;
}

export interface Registered {
  readonly thing: string;
  /** As the template tells, from the allow-list; undefined when it does not. */
  readonly facility: string | undefined;
  readonly ruleName: string | undefined;
}

/** Fleet provisioning of AWS IoT. Both reject with `CloudRefusal` when the answer is no, else when none came in time. */
export interface Identity {
  createFromCsr(csr: string): Promise<Issued>;
  /** Puts the certificate in force for the thing of this serial number. */
  register(ownershipToken: string, serialNumber: string): Promise<Registered>;
}
