/** What a person does after the first deployment, until the first minute is stored; docs/deploy.md explains each. */
export const nextSteps = (region: string): string[] => [
  '',
  `Deployed to ${region}. Until the first minute is stored:`,
  '',
  '  npm run -s ew -- device claim --out claim',
  '  npm run -s ew -- facility add FACILITY --utc-offset MINUTES',
  '  npm run -s ew -- plan apply PLAN.json',
  '  npm run -s ew -- device register SERIAL --facility FACILITY',
  '',
  'and at the plant, with the claim certificate and the host that the preflight has named:',
  '',
  '  npm run -s edge -- provision --config AGENT.json --serial SERIAL',
  '  npm run -s edge -- --config AGENT.json',
  '',
  'docs/deploy.md goes through it step by step.',
];
