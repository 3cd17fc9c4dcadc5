import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { lmdbStore } from '../../../edge-agent/buffer/lmdb-store.ts';
import { memoryStore } from '../../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../../edge-agent/buffer/minute-buffer.ts';
import { decode } from '../../../edge-agent/message/encode.ts';
import { blockOf } from '../fakes.ts';
import { temporaryFolder } from '../temporary.ts';
import { minuteBufferContract } from './minute-buffer.contract.ts';

const START = 25_278_480;
const ROOM = 1_000_000_000;

describe('a buffer in memory', () => {
  minuteBufferContract((maxBytes = ROOM) => minuteBuffer(memoryStore(), maxBytes));
});

describe('a buffer in LMDB', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-agent-buffers-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  minuteBufferContract((maxBytes = ROOM) => minuteBuffer(lmdbStore(join(folder, `${count++}`)), maxBytes));

  it('has everything again after it was closed: minutes, positions, what was set aside', async () => {
    const folder = temporaryFolder();
    const buffer = minuteBuffer(lmdbStore(folder), ROOM);
    for (let i = 0; i < 4; i++) await buffer.append('s', blockOf(START + 60 * i, 60));
    await buffer.acknowledge(buffer.take()!);
    await buffer.setAside(buffer.take()!, 'refused');
    const taken = buffer.take()!;
    await buffer.close();

    const again = minuteBuffer(lmdbStore(folder), ROOM);
    expect(again.pending().minutes).toBe(120);
    expect(again.resumeAt('s')).toBe(START + 240);
    expect([...again.aside()]).toEqual([{ start: START + 60, minutes: 60, reason: 'refused' }]);
    // Taken but not acknowledged: it is sent again.
    expect(again.take()).toEqual(taken);
    await again.append('s', blockOf(START + 240, 60));
    expect([again.take()!.start, again.take()!.start]).toEqual([START + 180, START + 240]);
    await again.close();
  });

  it('loses no minute that it said it keeps, and doubles none, when its process is killed', {
    timeout: 60_000,
  }, async () => {
    const folder = temporaryFolder();
    let kept = 0;
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ['test/edge-agent/buffer/appending-process.ts', folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const target = kept + 50;
      for await (const line of createInterface({ input: child.stdout })) {
        const [what, minute] = line.split(' ') as [string, string];
        if (what === 'kept') kept = Number(minute);
        else acknowledged = Number(minute);
        if (kept >= target) child.kill('SIGKILL');
      }
      await exited;
      const buffer = minuteBuffer(lmdbStore(folder), ROOM);
      const position = buffer.resumeAt('s')!;
      // More may be on disk than was said; less may not.
      expect(position).toBeGreaterThanOrEqual(kept);
      const minutes: number[] = [];
      for (let message = buffer.take(); message; message = buffer.take()) {
        const block = decode(message.body);
        for (let i = 0; i < block.minutes; i++) minutes.push(block.start + i);
        expect(block.sources[0]!.grossLoad[0]).toBe(block.start);
      }
      expect(minutes).toEqual(Array.from({ length: minutes.length }, (_, i) => minutes[0]! + i));
      // Killed right after an acknowledgement, nothing waits.
      const [first = position] = minutes;
      expect(first + minutes.length).toBe(position);
      expect(first).toBeGreaterThanOrEqual(acknowledged);
      expect(first).toBeLessThanOrEqual(acknowledged + 60);
      await buffer.close();
    }
  });
});
