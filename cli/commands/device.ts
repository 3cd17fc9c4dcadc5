import type { Command } from 'commander';
import { claimCommand } from './device-claim.ts';
import { claimRevokeCommand, claimsCommand } from './device-claims.ts';
import { listCommand, showCommand } from './device-list.ts';
import { registerCommand } from './device-register.ts';
import { revokeCommand } from './device-revoke.ts';
import { rotateCommand } from './device-rotate.ts';

export const deviceCommand = (program: Command): void => {
  const device = program.command('device').description('registers edge agents, renews and revokes their certificates');
  registerCommand(device);
  listCommand(device);
  showCommand(device);
  revokeCommand(device);
  rotateCommand(device);
  claimCommand(device);
  claimsCommand(device);
  claimRevokeCommand(device);
};
