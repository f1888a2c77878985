import { readdirSync } from 'node:fs';
import { PACKAGE_ROOT } from '../../lib/paths.js';

/** Where the classes that `tgook job` prints are, with a slash at its end. */
export const JOB_CLASSES = `${PACKAGE_ROOT}lib/laravel/jobs/`;

/** All there are: `json/nutgram.php` and so on. */
export function jobClassFiles(): string[] {
  return readdirSync(JOB_CLASSES)
    .flatMap(format => readdirSync(JOB_CLASSES + format).map(file => `${format}/${file}`))
    .sort();
}
