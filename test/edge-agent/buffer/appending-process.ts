/** Appends a minute, says so, and acknowledges every tenth message, until it is killed. */
import { lmdbStore } from '../../../edge-agent/buffer/lmdb-store.ts';
import { minuteBuffer } from '../../../edge-agent/buffer/minute-buffer.ts';
import { blockOf } from '../fakes.ts';

const buffer = minuteBuffer(lmdbStore(process.argv[2]!), 1_000_000_000);
for (let minute = buffer.resumeAt('s') ?? 0; ; minute++) {
  await buffer.append('s', blockOf(minute, 1));
  process.stdout.write(`kept ${minute + 1}\n`);
  if (minute % 10 === 9) {
    const message = buffer.take()!;
    await buffer.acknowledge(message);
    process.stdout.write(`acknowledged ${message.start + message.minutes}\n`);
  }
}
