import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentConfig, checkApart, readConfig } from '../../edge-agent/config.ts';
import { replayPlan } from './replay-plan.ts';
import { temporaryFolder } from './temporary.ts';

const SAMPLE = JSON.parse(readFileSync('edge-agent/agent.sample.json', 'utf8'));

const read = async (change: object, plan: object = replayPlan(7953, ['CT1'])) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  const file = join(folder, 'agent.json');
  const byHand = { facility: '7953', thing: 'edge-7953', ruleName: 'rule' };
  writeFileSync(file, JSON.stringify({ ...SAMPLE, ...byHand, planFile: 'plan.json', ...change }));
  return { ...(await readConfig(file)), folder };
};

describe('the configuration of the agent', () => {
  it('is explained by a sample that names no device: whoever copies it provisions the one on the label', () => {
    const sample = agentConfig.parse(SAMPLE);
    expect(sample).toMatchObject({ source: { kind: 'simulator' }, endpoint: { port: 8883 } });
    for (const name of ['facility', 'thing', 'serialNumber', 'ruleName'] as const) expect(sample[name]).toBeUndefined();
    expect([sample.endpoint.host, sample.planFile].join()).toMatch(/HOST.*REGION.*FACILITY/);
  });

  it('takes paths from the folder of the file', async () => {
    const { config, folder } = await read({ source: { kind: 'replay', files: ['a.zip', '/data/b.csv'] } });
    expect(config.bufferFolder).toBe(join(folder, 'buffer'));
    expect(config.source).toMatchObject({ files: [join(folder, 'a.zip'), '/data/b.csv'], speed: 'max' });
  });

  it.each([
    ['a key that nobody knows', { port: 1 }, /agent\.json cannot be used; .*Unrecognized key: "port"/],
    ['a port out of range', { endpoint: { host: 'h', port: 70_000 } }, /endpoint\.port: .*65535/],
    ['a rule name with a slash', { ruleName: 'a/b' }, /ruleName: expected letters, digits and _/],
    ['a source of another kind', { source: { kind: 'modbus' } }, /source\.kind: /],
    [
      'a beginning that is no minute',
      { source: { kind: 'simulator', seed: 1, from: 'today', speed: 'max' } },
      /source\.from: expected a UTC minute/,
    ],
    ['chaos of no kind', { chaos: { seed: 1, kinds: [] } }, /chaos\.kinds: /],
    ['the plan of another facility', { facility: '7954' }, /is the plan of 7953, expected 7954/],
    ['a plan that is not there', { planFile: 'none.json' }, /cannot read .*none\.json: ENOENT/],
  ])('with %s is refused with the file and the place in it', async (_, change, message) => {
    await expect(read(change)).rejects.toThrow(message);
  });

  it('is refused when its plan cannot be worked with', async () => {
    const plan = replayPlan(7953, ['CT1']);
    const { gcv: _, ...fuel } = plan.sources[0]!.versions[0]!.fuel;
    plan.sources[0]!.versions[0]!.fuel = fuel;
    await expect(read({}, plan)).rejects.toThrow(/equation D-15A needs the fuel's gcv above 0, got none/);
  });

  it('is refused when the file is not JSON', async () => {
    const file = join(temporaryFolder(), 'agent.json');
    writeFileSync(file, '{ "facility": ');
    await expect(readConfig(file)).rejects.toThrow(/agent\.json is not JSON/);
  });

  describe('of a provisioned device', () => {
    const provisioned = async (change: object, answer: object) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'plan.json'), JSON.stringify(replayPlan(7953, ['CT1'])));
      const config = { ...SAMPLE, certificateFile: 'a.pem', keyFile: 'a.key', planFile: 'plan.json', ...change };
      writeFileSync(join(folder, 'agent.json'), JSON.stringify(config));
      const identity = {
        v: 1,
        serialNumber: 'SN-1',
        thing: 'edge-7953',
        facility: '7953',
        ruleName: 'rule',
        ...answer,
      };
      writeFileSync(join(folder, 'a.identity.json'), JSON.stringify(identity));
      return readConfig(join(folder, 'agent.json'));
    };

    it('needs no facility, thing and rule: they are what provisioning answered', async () => {
      const { config } = await provisioned({}, {});
      expect(config).toMatchObject({ facility: '7953', thing: 'edge-7953', ruleName: 'rule', keepHours: 24 });
    });

    it('may name them, but not differently', async () => {
      await expect(provisioned({ thing: 'edge-7953' }, {})).resolves.toBeDefined();
      await expect(provisioned({ thing: 'other' }, {})).rejects.toThrow(
        /thing: the device was provisioned for edge-7953, got other/,
      );
    });

    it('rotates under the serial number it was provisioned with, and is refused when the file has another', async () => {
      expect((await provisioned({}, {})).config.serialNumber).toBe('SN-1');
      await expect(provisioned({ serialNumber: 'SN-2' }, {})).rejects.toThrow(
        /agent\.json cannot be used; serialNumber: the device was provisioned for SN-1, got SN-2; leave it out/,
      );
    });

    it('is refused with the file when the answer that is kept is broken', async () => {
      await expect(provisioned({}, { facility: '' })).rejects.toThrow(
        /a\.identity\.json cannot be used; provision the agent again/,
      );
    });
  });

  it('that names no thing cannot be used before the device is provisioned, and says so', async () => {
    await expect(read({ thing: undefined })).rejects.toThrow(
      /thing: give it, or provision the device first: edge provision --config/,
    );
  });

  it('shares no facility, thing or buffer with another in the same process', async () => {
    const one = await read({});
    const other = { ...one, config: { ...one.config, facility: '1', thing: 'other' } };
    expect(() => checkApart([one, other])).toThrow(/two configurations have the same bufferFolder/);
    expect(() => checkApart([one])).not.toThrow();
  });
});
