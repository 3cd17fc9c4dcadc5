import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueDevice, issueServer } from '../../local/services/iot/certificates.ts';

/** A certificate authority, a server on 127.0.0.1 and one thing; what the agent needs as files in a temporary folder. */
export const makeCertificates = async (thing: string) => {
  const authority = await createAuthority();
  const server = await issueServer(authority);
  const device = await issueDevice(authority, thing);
  const folder = mkdtempSync(join(tmpdir(), 'edge-agent-'));
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    folder,
    ca: authority.certificate,
    server,
    caFile: file('ca.pem', authority.certificate),
    certificateFile: file('thing.pem', device.certificate),
    keyFile: file('thing.key', device.key),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
