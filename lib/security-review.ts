import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';

/**
 * Has every synthesis of the app checked against AWS Solutions, NIST 800-53 revision 5 and Serverless; a breach that is
 * not acknowledged on its resource stops it.
 */
export const review = (app: App): void =>
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app), new ServerlessChecks(app));
