/** Parts for tests, benchmarks and measurements. Not a stable interface. */

export type { EmbeddedPostgres } from './embedded-postgres.js';
