import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { emissionWatch } from '../lib/emission-watch.ts';

const { app } = emissionWatch();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
