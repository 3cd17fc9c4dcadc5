import type { IotCounters } from './counters.ts';
import { type ActionTargets, compileActions, type RuleRun, type TopicRule } from './rule-actions.ts';
import { compileSql } from './rule-sql.ts';
import { basicIngest } from './topics.ts';

/** The rules engine. */
export interface Rules {
  /**
   * Gives a message to its rules: for Basic Ingest (`$aws/rules/NAME/...`) to that rule alone, whatever its FROM says,
   * otherwise to every enabled rule whose FROM matches. Calls `done` once, when every action was tried.
   *
   * A PUBACK sent after that does not mean that the record is in the stream, and on AWS it means less: AWS acknowledges
   * as soon as the rules engine has the message, before any action runs.
   */
  deliver(sentTopic: string, clientId: string, payload: Buffer, done: () => void): void;
  /** Resolves when no action is under way. */
  drained(): Promise<void>;
}

interface CompiledRule {
  readonly from: ReturnType<typeof compileSql>['from'];
  readonly select: ReturnType<typeof compileSql>['select'];
  readonly act: (run: RuleRun, done: () => void) => void;
}

const RULE_NAME = /^[a-zA-Z0-9_]{1,128}$/;

const compileRule = (
  rule: TopicRule,
  targets: ActionTargets,
  counters: IotCounters,
  log: (line: string) => void,
): CompiledRule => {
  const { ruleName, sql, awsIotSqlVersion = '2015-10-08' } = rule;
  try {
    if (!RULE_NAME.test(ruleName)) throw new Error('a rule name has 1 to 128 letters, digits and "_"');
    if (awsIotSqlVersion !== '2016-03-23')
      throw new Error(`SQL version ${awsIotSqlVersion} is not supported locally, only 2016-03-23`);
    return { ...compileSql(sql), act: compileActions(rule, targets, counters, log) };
  } catch (cause) {
    throw new Error(`topic rule ${ruleName}: ${(cause as Error).message}`, { cause });
  }
};

/** @throws Error for a rule that uses anything the local rules engine does not do. */
export const compileRules = (
  rules: readonly TopicRule[],
  targets: ActionTargets,
  counters: IotCounters,
  log: (line: string) => void,
): Rules => {
  const compiled = new Map<string, CompiledRule>();
  for (const rule of rules) {
    // A disabled rule is compiled too: what could not run must not pass only because it is off today.
    const ready = compileRule(rule, targets, counters, log);
    if (!rule.disabled) compiled.set(rule.ruleName, ready);
  }
  const broadcast = [...compiled.values()].filter(({ from }) => from !== undefined);
  const missing = new Set<string>();
  let underWay = 0;
  let waiting: (() => void)[] = [];

  const ended = (done: () => void) => {
    underWay -= 1;
    done();
    if (underWay > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };

  const run = (rule: CompiledRule, message: RuleRun['message'], sentTopic: string, done: () => void) => {
    counters.topicMatch += 1;
    underWay += 1;
    rule.act({ message, sentTopic, record: rule.select(message) }, () => ended(done));
  };

  return {
    deliver: (sentTopic, clientId, payload, done) => {
      const ingest = basicIngest(sentTopic);
      const topic = ingest?.rest ?? sentTopic;
      const message = { topic, levels: topic.split('/'), clientId, payload, received: Date.now() };
      if (ingest) {
        const rule = compiled.get(ingest.ruleName);
        if (rule) return run(rule, message, sentTopic, done);
        counters.ruleNotFound += 1;
        targets.count?.('RuleNotFound', ingest.ruleName);
        // Once for each name: a device repeats its mistake with every message.
        if (!missing.has(ingest.ruleName))
          log(`iot: rule not found or disabled: ${ingest.ruleName}; messages to ${sentTopic} are lost`);
        missing.add(ingest.ruleName);
        return done();
      }
      const matching = broadcast.filter(({ from }) => from!(message.levels));
      let left = matching.length;
      if (left === 0) return done();
      for (const rule of matching) run(rule, message, sentTopic, () => --left === 0 && done());
    },
    drained: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
};
