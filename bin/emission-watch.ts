import { emissionWatch } from '../lib/emission-watch.ts';
import { review } from '../lib/security-review.ts';

const { app } = emissionWatch();
review(app);
app.synth();
