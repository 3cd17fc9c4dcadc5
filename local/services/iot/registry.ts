import { join } from 'node:path';
import { z } from 'zod';
import { certificateIdOf, issueDevice, isUsable, type KeyedCertificate } from './certificates.ts';
import { type CertificateFiles, deviceFiles, readIfThere, readPair, writeAtomically, writePair } from './key-files.ts';

const registryFile = z.strictObject({
  v: z.literal(1),
  things: z.record(
    z.string(),
    z.strictObject({ thingTypeName: z.string().optional(), attributes: z.record(z.string(), z.string()) }),
  ),
  /** By certificate id. A certificate belongs to one thing: AWS calls it an exclusive attachment. */
  certificates: z.record(
    z.string().regex(/^[0-9a-f]{64}$/),
    z.strictObject({
      status: z.enum(['ACTIVE', 'INACTIVE']),
      thing: z.string(),
      policies: z.array(z.string()),
    }),
  ),
});

export interface Thing {
  readonly thingName: string;
  readonly thingTypeName?: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface DeviceIdentity {
  readonly certificateId: string;
  readonly thing: Thing;
  readonly policies: readonly string[];
}

export interface DeviceRegistration {
  readonly thing: string;
  readonly facility: string;
  readonly policyName: string;
  readonly thingTypeName?: string | undefined;
}

/** Things, their certificates and the policies attached to them, in one JSON file that is replaced as a whole. */
export interface DeviceRegistry {
  /** Who holds this certificate; undefined when it is unknown or inactive. */
  identify(certificateId: string): DeviceIdentity | undefined;
  /** Registers a thing, or brings its entry up to date, and returns a certificate that it may connect with. */
  register(device: DeviceRegistration): Promise<CertificateFiles>;
  /** Makes every certificate of a thing inactive; returns their ids. */
  deactivate(thing: string): readonly string[];
}

// The limits of AWS IoT's registry; an attribute here also becomes one topic level, so `/` and `#` are not taken.
const THING_NAME = /^[a-zA-Z0-9][a-zA-Z0-9:_-]{0,127}$/;
const ATTRIBUTE = /^[a-zA-Z0-9_.,@:=-]{1,800}$/;

const readRegistry = (file: string): z.infer<typeof registryFile> => {
  const text = readIfThere(file);
  if (text === undefined) return { v: 1, things: {}, certificates: {} };
  try {
    return registryFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`the device registry ${file} cannot be read; move it away to start with an empty one`, { cause });
  }
};

export const openRegistry = (dataDir: string, authority: KeyedCertificate): DeviceRegistry => {
  const file = join(dataDir, 'registry.json');
  const { things, certificates } = readRegistry(file);
  const content = () => `${JSON.stringify({ v: 1, things, certificates }, null, 2)}\n`;
  let saved = content();
  const save = () => {
    const next = content();
    if (next === saved) return;
    writeAtomically(file, next, true);
    saved = next;
  };
  let registrations: Promise<unknown> = Promise.resolve();

  const registerNow = async (device: DeviceRegistration): Promise<CertificateFiles> => {
    const { thing, facility, policyName, thingTypeName } = device;
    if (!THING_NAME.test(thing))
      throw new Error(
        `thing name "${thing}" is not allowed: 1 to 128 of letters, digits, ":", "_" and "-", the first a letter or digit`,
      );
    if (!ATTRIBUTE.test(facility))
      throw new Error(`facility "${facility}" is not allowed as an attribute: 1 to 800 of letters, digits and _.,@:=-`);
    const files = deviceFiles(dataDir, thing);
    const kept = readPair(files);
    const keptId = kept && isUsable(kept, authority) ? certificateIdOf(kept.certificate) : undefined;
    let id = keptId;
    if (id === undefined || certificates[id]?.status !== 'ACTIVE' || certificates[id]?.thing !== thing) {
      // An older certificate stays active until it expires: a running device holds it until it is started again.
      const pair = await issueDevice(authority, thing);
      writePair(files, pair);
      id = certificateIdOf(pair.certificate);
    }
    things[thing] = { thingTypeName, attributes: { facility } };
    certificates[id] = { status: 'ACTIVE', thing, policies: [policyName] };
    save();
    return files;
  };

  return {
    identify: (certificateId) => {
      const certificate = Object.hasOwn(certificates, certificateId) ? certificates[certificateId] : undefined;
      if (certificate?.status !== 'ACTIVE') return undefined;
      const thing = things[certificate.thing];
      if (!thing) return undefined;
      return { certificateId, thing: { thingName: certificate.thing, ...thing }, policies: certificate.policies };
    },
    register: (device) => {
      // One after the other: two registrations of one thing would each issue a certificate and keep one key.
      const result = registrations.then(() => registerNow(device));
      registrations = result.catch(() => undefined);
      return result;
    },
    deactivate: (thing) => {
      const ids = Object.keys(certificates).filter((id) => certificates[id]!.thing === thing);
      if (ids.length === 0) throw new Error(`no thing named "${thing}" is registered`);
      for (const id of ids) certificates[id]!.status = 'INACTIVE';
      save();
      return ids;
    },
  };
};
