import type { IncomingMessage } from 'node:http';

/**
 * Does a request mean this server by name? A page elsewhere can have its own name point to this machine; then the
 * browser lets it read answers, but says that name.
 */
export const meansLoopback = ({ headers, socket }: IncomingMessage): boolean =>
  [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`].includes(headers.host ?? '');
