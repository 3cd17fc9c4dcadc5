import { createServer } from 'node:net';

/** Where the console is when nobody says otherwise. */
export const CONSOLE_PORT = 8080;

/**
 * The port of the console: the one that is given, else 8080, or any (0) when another program has that.
 * @throws Error when the given one is taken: before anything has been started for it
 */
export const consolePort = async (given: number | undefined, usual = CONSOLE_PORT): Promise<number> => {
  const free = await isFree(given ?? usual);
  if (given === undefined) return free ? usual : 0;
  if (free) return given;
  throw new Error(
    `port ${given} on 127.0.0.1 is in use: stop the other program, give another --port, or none to have a free one`,
  );
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES') reject(new Error(`port ${port} needs more rights: give --port 1024 or higher`));
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
