import { join } from 'node:path';
import * as z from 'zod';
import { readIfThere, writeAtomically } from '../owned-file.ts';
import { certificateIdOf } from './certificates.ts';

const STATUSES = ['ACTIVE', 'INACTIVE', 'REVOKED', 'PENDING_ACTIVATION'] as const;
export type CertificateStatus = (typeof STATUSES)[number];

const certificateEntry = z.strictObject({
  status: z.enum(STATUSES),
  certificatePem: z.string(),
  /** A certificate belongs to one thing at most: AWS calls it an exclusive attachment. */
  thing: z.string().optional(),
  policies: z.array(z.string()),
  /** Milliseconds since 1970. */
  created: z.number(),
  modified: z.number(),
});

const registryFile = z.strictObject({
  v: z.literal(2),
  things: z.record(
    z.string(),
    z.strictObject({
      thingTypeName: z.string().optional(),
      attributes: z.record(z.string(), z.string()),
      version: z.int(),
    }),
  ),
  /** By certificate id. */
  certificates: z.record(z.string().regex(/^[0-9a-f]{64}$/), certificateEntry),
});

export interface Thing {
  readonly thingName: string;
  readonly thingTypeName?: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

export type Certificate = Readonly<z.infer<typeof certificateEntry>> & { readonly certificateId: string };

export interface DeviceIdentity {
  readonly certificateId: string;
  /** Undefined for a claim certificate. */
  readonly thing: Thing | undefined;
  readonly policies: readonly string[];
}

/** Things, certificates and the policies attached to them, in one JSON file that is replaced as a whole. */
export interface DeviceRegistry {
  /** Who holds this certificate; undefined when it is unknown or not active. */
  identify(certificateId: string): DeviceIdentity | undefined;
  thing(name: string): (Thing & { readonly version: number }) | undefined;
  things(): readonly (Thing & { readonly version: number })[];
  /**
   * Makes a thing, or changes the one of that name.
   * @throws Error for a name or an attribute that AWS would not take
   */
  putThing(thing: Thing): void;
  deleteThing(name: string): void;
  certificate(certificateId: string): Certificate | undefined;
  /** Ids of the certificates of a thing. */
  certificatesOf(thing: string): readonly string[];
  /** Ids of the certificates that a policy is attached to. */
  certificatesWith(policyName: string): readonly string[];
  /** Returns the id. A certificate that is there already stays as it is. */
  addCertificate(certificatePem: string, status: CertificateStatus): string;
  /** @throws Error when there is no such certificate */
  changeCertificate(
    certificateId: string,
    change: Partial<Pick<Certificate, 'status' | 'policies'>> & { readonly thing?: string | null },
  ): void;
  deleteCertificate(certificateId: string): void;
  /** Removes what was created before this time and never taken into use. */
  expirePending(before: number): void;
}

// The limits of AWS IoT's registry. An attribute here also becomes one topic level, so `/` and `#` are not taken.
const THING_NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const ATTRIBUTE = /^[a-zA-Z0-9_.,@:=-]{1,800}$/;

const readRegistry = (file: string): z.infer<typeof registryFile> => {
  const text = readIfThere(file);
  if (text === undefined) return { v: 2, things: {}, certificates: {} };
  try {
    return registryFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`the device registry ${file} cannot be read; move it away to start with an empty one`, { cause });
  }
};

export const openRegistry = (dataDir: string, now: () => number = Date.now): DeviceRegistry => {
  const file = join(dataDir, 'registry.json');
  const read = readRegistry(file);
  const things = new Map(Object.entries(read.things));
  const certificates = new Map(Object.entries(read.certificates));
  const content = () =>
    `${JSON.stringify({ v: 2, things: Object.fromEntries(things), certificates: Object.fromEntries(certificates) }, null, 2)}\n`;
  let saved = content();
  const save = () => {
    const next = content();
    if (next === saved) return;
    writeAtomically(file, next, true);
    saved = next;
  };
  const thingNamed = (name: string) => {
    const thing = things.get(name);
    return thing && { thingName: name, ...thing };
  };

  return {
    identify: (certificateId) => {
      const certificate = certificates.get(certificateId);
      if (certificate?.status !== 'ACTIVE') return undefined;
      const thing = certificate.thing === undefined ? undefined : thingNamed(certificate.thing);
      return { certificateId, thing, policies: certificate.policies };
    },
    thing: thingNamed,
    things: () => [...things.keys()].sort().map((name) => thingNamed(name)!),
    putThing: ({ thingName, thingTypeName, attributes }) => {
      if (!THING_NAME.test(thingName))
        throw new Error(`thing name "${thingName}" is not allowed: 1 to 128 of letters, digits, ":", "_" and "-"`);
      for (const [name, value] of Object.entries(attributes))
        if (!ATTRIBUTE.test(value))
          throw new Error(`${name} "${value}" is not allowed as an attribute: 1 to 800 of letters, digits and _.,@:=-`);
      const before = things.get(thingName);
      const same = before && JSON.stringify([before.thingTypeName, before.attributes]);
      if (same === JSON.stringify([thingTypeName, attributes])) return;
      things.set(thingName, { thingTypeName, attributes: { ...attributes }, version: (before?.version ?? 0) + 1 });
      save();
    },
    deleteThing: (name) => {
      things.delete(name);
      save();
    },
    certificate: (certificateId) => {
      const certificate = certificates.get(certificateId);
      return certificate && { certificateId, ...certificate };
    },
    certificatesOf: (thing) => [...certificates].filter(([, one]) => one.thing === thing).map(([id]) => id),
    certificatesWith: (policyName) =>
      [...certificates].filter(([, { policies }]) => policies.includes(policyName)).map(([id]) => id),
    addCertificate: (certificatePem, status) => {
      const id = certificateIdOf(certificatePem);
      if (!certificates.has(id))
        certificates.set(id, { status, certificatePem, policies: [], created: now(), modified: now() });
      save();
      return id;
    },
    changeCertificate: (certificateId, { thing, status, policies }) => {
      const certificate = certificates.get(certificateId);
      if (!certificate) throw new Error(`there is no certificate ${certificateId}`);
      const { thing: before, ...rest } = certificate;
      const attached = thing === undefined ? before : (thing ?? undefined);
      certificates.set(certificateId, {
        ...rest,
        ...(attached !== undefined && { thing: attached }),
        status: status ?? rest.status,
        policies: policies ? [...policies] : rest.policies,
        modified: now(),
      });
      save();
    },
    deleteCertificate: (certificateId) => {
      certificates.delete(certificateId);
      save();
    },
    expirePending: (before) => {
      for (const [id, { status, created, thing, policies }] of certificates)
        if (status === 'PENDING_ACTIVATION' && created < before && thing === undefined && policies.length === 0)
          certificates.delete(id);
      save();
    },
  };
};
