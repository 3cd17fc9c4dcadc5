import {
  GetThingShadowCommand,
  IoTDataPlaneClient,
  PublishCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot-data-plane';
import { agentReport } from '#core/contracts/agent-report';
import type { EdgeAgents } from '#core/ports';

/** Edge agents through IoT Core: their reports lie in the shadows of their things, commands go to a topic of each. */
export const iotCommands = (client = new IoTDataPlaneClient({})): EdgeAgents => ({
  reportOf: async (thing) => {
    try {
      const { payload } = await client.send(new GetThingShadowCommand({ thingName: thing }));
      const { state } = JSON.parse(Buffer.from(payload!).toString('utf8')) as { state?: { reported?: unknown } };
      // The report of a newer agent, or of a broken one, is as good as none: its minutes are asked for all the same.
      return agentReport.safeParse(state?.reported).data;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  },

  askToResend: async (thing, command) => {
    await client.send(
      new PublishCommand({
        topic: `emissionwatch/v1/commands/${thing}`,
        qos: 1,
        payload: Buffer.from(JSON.stringify(command)),
      }),
    );
  },
});
