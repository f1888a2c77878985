import { fileURLToPath } from 'node:url';

/** The package's own folder, with a slash at its end. This file runs as dist/lib/paths.js. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
