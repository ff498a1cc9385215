/** Takes what `pg_dump` takes, and brings it back as `pg_restore` does: all rows, written anew. */

import type { DatabaseConfig } from '@chatty/server/testing';
import { query } from '../faults/support/rig.js';

const TABLES_QUERY = "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'";

/** @returns how to restore it, once */
export async function dumpRows(database: DatabaseConfig): Promise<() => Promise<unknown>> {
  const tables = (await query<{ name: string }>(database, TABLES_QUERY)).map(({ name }) => name);
  const copies = tables.map((name) => `CREATE TABLE dump.${name} AS TABLE public.${name};`);
  await query(database, `DROP SCHEMA IF EXISTS dump CASCADE; CREATE SCHEMA dump; ${copies.join(' ')}`);
  const loads = tables.map(
    (name) => `INSERT INTO public.${name} OVERRIDING SYSTEM VALUE SELECT * FROM dump.${name};`,
  );
  const empty = `TRUNCATE ${tables.map((name) => `public.${name}`).join(', ')};`;
  return () =>
    query(
      database,
      `BEGIN; SET LOCAL session_replication_role = replica; ${empty} ${loads.join(' ')} COMMIT; DROP SCHEMA dump CASCADE`,
    );
}
