/** What a planted bug is, what several share, and the one that is no bug of the log. */

import type { Anomaly } from '../faults/checker/index.js';
import type { CodePatch } from './copy.js';

export type PlantedBug = {
  name: string;
  /** Which story brings it out. */
  scenario:
    | 'kill'
    | 'reset'
    | 'away'
    | 'neighbour'
    | 'stalled'
    | 'databaseKill'
    | 'terminate'
    | 'databaseRestart'
    | 'fuzz';
  /** What the checker may call it. */
  expectedAnomalies: readonly Anomaly[];
  /** What goes wrong beside the promises of the log, to the word: any other trouble proves nothing. */
  expectedFailure?: RegExp;
  codePatches: readonly CodePatch[];
};

/** The folder of the store, as built. */
export const STORE = 'server/dist/store/postgres';
export const POOL_MODULE = `${STORE}/pool.js`;

/** The file of a database function. */
export const sqlFunction = (name: string): string => `${STORE}/functions/${name}.sql`;

/** The transaction of these statements stays open for a while after its rows are known. */
export const keepTransactionOpen = (statements: string): CodePatch => ({
  file: POOL_MODULE,
  from: 'return (await pool.query(scopeToProjects(statement, values))).rows;',
  to: `if (!statement.name.startsWith('${statements}')) return (await pool.query(scopeToProjects(statement, values))).rows;
      const client = await pool.connect();
      await client.query('BEGIN');
      const { rows } = await new Promise((resolve, reject) => {
        client.query(scopeToProjects(statement, values), (error, result) => (error ? reject(error) : resolve(result)));
      }).catch((error) => {
        client.release(true);
        throw error;
      });
      globalThis.committed = new Promise((resolve) => setTimeout(resolve, 60))
        .then(() => client.query('COMMIT'))
        .finally(() => client.release());
      globalThis.committed.catch(() => undefined);
      return rows;`,
});

/** The number of a duplicate does not go back. @param file of the function that appends */
export const keepDuplicateSeq = (file: string): CodePatch => ({
  file,
  from: 'SET last_seq = r.last_seq - 1',
  to: 'SET last_seq = r.last_seq',
});

/** One text of spaces stops the server: the answers are right, only late, which no checker sees. */
export const quadraticTrailingSpacesBug: PlantedBug = {
  name: 'quadratic-trailing-spaces',
  scenario: 'fuzz',
  expectedAnomalies: [],
  expectedFailure: /the event loop stood still for \d+ ms/,
  codePatches: [
    {
      file: 'protocol/dist/normalize-text.js',
      from: '.replace(/.+/g, (line) => line.trimEnd())',
      to: ".replace(/[^\\S\\n]+$/gm, '')",
    },
  ],
};
