import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentConfig, readConfig } from '../../../edge-agent/config.ts';
import { fault, faultScript, scriptDefects } from '../../../edge-agent/faults/script.ts';
import { plan } from './through-pipeline.ts';

const from = '2026-01-05T18:00Z';
const config = (faults: readonly unknown[]) => ({
  facility: 'SIM1',
  thing: 'edge-SIM1',
  endpoint: { host: 'localhost', port: 8883 },
  certificateFile: 'a.pem',
  keyFile: 'a.key',
  ruleName: 'emissionwatch_measurements',
  bufferFolder: 'buffer',
  planFile: 'plan.json',
  flowControl: 'aws',
  exitWhenDone: true,
  source: { kind: 'simulator', seed: 1, from, speed: 'max', faults },
});

describe('a fault script', () => {
  it.each([
    ['a fault that is not known', { kind: 'fire', from, minutes: 10 }],
    ['a field that the kind does not have', { kind: 'reorder', from, minutes: 10, channel: 'so2' }],
    ['no length', { kind: 'stuck', from, minutes: 0 }],
    ['a minute that is none', { kind: 'stuck', from: '2026-02-30T00:00Z', minutes: 1 }],
    ['a share above 1', { kind: 'dropout', from, minutes: 10, share: 1.1 }],
    ['a clock that is right', { kind: 'clock-skew', from, minutes: 10, seconds: 0 }],
    ['a jump of two hours', { kind: 'clock-jump', from, minutes: 10, hours: 2 }],
    ['an agent that is down for one channel', { kind: 'outage', of: 'agent', from, minutes: 10, channel: 'so2' }],
  ])('is refused with %s', (_, one) => {
    expect(fault.safeParse(one).success).toBe(false);
  });

  it('is refused where it speaks of what the plan does not have, with what it has', () => {
    const script = faultScript.parse([
      { kind: 'stuck', source: 'B2', from, minutes: 1 },
      { kind: 'stuck', source: 'B1', channel: 'gas', from, minutes: 1 },
      { kind: 'stuck', channel: 'gas', from, minutes: 1 },
      { kind: 'reorder', from, minutes: 1 },
    ]);
    const defects = scriptDefects(script, plan);
    expect(defects).toHaveLength(2);
    expect(defects[0]).toBe('fault 1 (stuck): the plan has no source B2, it has B1, GT1');
    expect(defects[1]).toMatch(/^fault 2 \(stuck\): B1 has no channel gas, it has so2, nox/);
  });

  it('stands in the configuration of an agent with a simulator, where it may be left out', async () => {
    const { source } = agentConfig.parse({ ...config([]), source: { kind: 'simulator', seed: 1, from, speed: 'max' } });
    expect(source).toMatchObject({ faults: [] });
    const folder = mkdtempSync(join(tmpdir(), 'faults-'));
    try {
      writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
      const read = (faults: readonly unknown[]) => {
        writeFileSync(join(folder, 'agent.json'), JSON.stringify(config(faults)));
        return readConfig(join(folder, 'agent.json'));
      };
      expect((await read([{ kind: 'stuck', source: 'B1', from, minutes: 1 }])).config.source).toMatchObject({
        faults: [{ kind: 'stuck', source: 'B1' }],
      });
      await expect(read([{ kind: 'stuck', source: 'B2', from, minutes: 1 }])).rejects.toThrow(
        /agent.json cannot be used; source.faults: fault 1 \(stuck\): the plan has no source B2/,
      );
      await expect(read([{ kind: 'stuck', from }])).rejects.toThrow(
        /agent.json cannot be used; source.faults.0.minutes/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
