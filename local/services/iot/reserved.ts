import { answerJobRequest, nextNotice } from './job-topics.ts';
import { type Jobs, openJobs } from './jobs.ts';
import type { Claimant, Provisioning, ProvisioningAnswer } from './provisioning.ts';
import { openShadows, type Shadows } from './shadows.ts';

/** A message that came in on a reserved topic. */
export interface ReservedRequest {
  readonly topic: string;
  readonly payload: Buffer;
  /** Undefined when it did not come over MQTT: then nobody waits for an answer that only the sender gets. */
  readonly from: (Claimant & { answer(topic: string, body: object): void }) | undefined;
}

export interface Reserved {
  /** Does what a topic stands for that `servedTopic` knows. */
  handle(request: ReservedRequest): void;
  readonly jobs: Jobs;
  readonly shadows: Shadows;
}

/** Provisioning, jobs and shadows: the services behind the topics that begin with `$aws/`. */
export const openReserved = (options: {
  readonly dataDir: string;
  readonly provisioning: Provisioning;
  /** Sends a message to whoever has subscribed to its topic. */
  readonly publish: (topic: string, body: object) => void;
  readonly now?: () => number;
  log(line: string): void;
}): Reserved => {
  const { dataDir, provisioning, publish, now = Date.now, log } = options;
  const shadows = openShadows(dataDir, now);
  const jobs: Jobs = openJobs({
    dataDir,
    now,
    nextChanged: (thing) => publish(`$aws/things/${thing}/jobs/notify-next`, nextNotice(jobs, thing, now())),
  });

  const later = ({ topic, from }: ReservedRequest, work: (by: Claimant) => Promise<ProvisioningAnswer>) => {
    if (!from) return;
    work(from)
      .then(({ outcome, body }) => from.answer(`${topic}/${outcome}`, body))
      .catch((error: unknown) => log(`iot: ${topic}: ${error}`));
  };

  return {
    jobs,
    shadows,
    handle: (request) => {
      try {
        handle(request);
      } catch (error) {
        log(`iot: ${request.topic}: ${error}`);
      }
    },
  };

  function handle(request: ReservedRequest): void {
    const { topic, payload, from } = request;
    const [, service, name = '', part, ...asked] = topic.split('/');
    if (service === 'certificates') later(request, () => provisioning.createFromCsr(payload));
    if (service === 'provisioning-templates') later(request, (by) => provisioning.provision(name, payload, by));
    if (service !== 'things') return;
    if (part === 'shadow') {
      const messages = asked[0] === 'get' ? [shadows.get(name, payload)] : shadows.update(name, payload);
      for (const { topic: behind, body } of messages) publish(`$aws/things/${name}/shadow/${behind}`, body);
    }
    if (part === 'jobs') {
      const { outcome, body } = answerJobRequest(jobs, name, asked, payload, now());
      from?.answer(`${topic}/${outcome}`, body);
    }
  }
};
