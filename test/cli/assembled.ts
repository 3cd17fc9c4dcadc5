import { emissionWatch } from '../../lib/emission-watch.ts';

/** The app's cloud assembly in this folder, without bundles, made in this process. */
export const assembled = (outdir: string, context: Readonly<Record<string, string>> = {}): string => {
  emissionWatch({ context: { 'aws:cdk:bundling-stacks': [], ...context }, outdir }).app.synth();
  return outdir;
};
