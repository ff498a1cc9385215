/** How PostgreSQL plans for our connections. Settings of a session, which need no rights and which poolers let pass. */

/**
 * Compiling a statement takes PostgreSQL 12-17 up to seconds where its plan looks expensive, and none of ours runs long
 * enough to gain by it.
 */
export const DISABLE_JIT = 'SET jit = off';

/**
 * Every statement at work finds its rows by a key, in the order of the key and no more than it shows. A plan is made once
 * and kept: while a table is one page long reading all of it looks cheapest, and where nothing is known of a table,
 * collecting all rows of a project and sorting them (docs/contributing/decisions/0018).
 */
export const PREFER_INDEX_SCANS = 'SET enable_seqscan = off; SET enable_bitmapscan = off';
