/** Decides whether the database was restored from a backup since the last start: then every room gets a new epoch (R5). */

import pg from 'pg';

/**
 * What a restored database does not share with the one it was taken from. The server differs where a dump is loaded
 * elsewhere, the oids where tables are made anew, the timeline after a recovery to a moment before (and a failover), the
 * time of a file's last change of state where files were copied back: no program can set that one.
 */
const PLACE = [
  'SELECT system_identifier::text AS part FROM pg_control_system()',
  'SELECT oid::text AS part FROM pg_database WHERE datname = current_database()',
  "SELECT 'log_mark'::regclass::oid::text AS part",
  'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS part',
  "SELECT extract(epoch FROM (pg_stat_file('PG_VERSION')).change)::text AS part",
];
/** And where only rows are loaded into the same tables, another transaction has written this one. */
const WRITTEN_BY = 'SELECT mark, xmin::text AS xmin FROM log_mark';
/** The low half of the transaction's number, which is what `xmin` shows. */
const WRITE = `INSERT INTO log_mark (mark) VALUES ($1 || '/' || (txid_current() & 4294967295))
  ON CONFLICT (one) DO UPDATE SET mark = excluded.mark`;
/** A dump by an owner whom row-level security holds too: all rows may be read, those of the projects named be changed. */
const READ_ALL = "SELECT set_config('chatty.backup', 'on', true)";
const PROJECTS = 'SELECT DISTINCT project_id AS id FROM rooms ORDER BY 1';
const NAME_PROJECTS = "SELECT set_config('chatty.projects', $1, true)";
const RENEW = 'UPDATE rooms SET epoch = gen_random_uuid() WHERE project_id = ANY($1)';
/** Rooms without a row have an epoch too, which follows from it. */
const RENEW_SEED = 'UPDATE epoch_seed SET seed = gen_random_uuid()';
/** So few that looking a project up among those named costs little. */
const PROJECTS_AT_ONCE = 500;

/**
 * To be called after the migrations and under their lock.
 * @returns how many rooms got a new epoch; 0 where nothing was restored, or at the first start
 */
export async function renewRestoredRooms(client: pg.Client): Promise<number> {
  const place = await placeOf(client);
  const { rows } = await client.query<{ mark: string; xmin: string }>(WRITTEN_BY);
  const [row] = rows;
  const known = row?.mark.endsWith(`/${row.xmin}`) ? row.mark.slice(0, -row.xmin.length - 1) : null;
  const isSame = known !== null && isSamePlace(known, place);
  const mark = isSame ? fill(place, known) : place;
  if (mark === known) return 0;
  await client.query('BEGIN');
  try {
    const renewed = row === undefined || isSame ? 0 : await renewAll(client);
    await client.query(WRITE, [mark]);
    await client.query('COMMIT');
    return renewed;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** What one of them could not tell says nothing: another user of the database may be told more, or less. */
function isSamePlace(one: string, other: string): boolean {
  return fill(one, other) === fill(other, one);
}

/** The place, with the parts that it lacks from another. */
function fill(place: string, other: string): string {
  const others = other.split('/');
  return place
    .split('/')
    .map((part, at) => part || others[at] || '')
    .join('/');
}

async function placeOf(client: pg.Client): Promise<string> {
  const parts: string[] = [];
  for (const text of PLACE) {
    const part = await client.query<{ part: string }>(text).catch((error: unknown) => {
      // A database may keep it to itself (files are a superuser's), or have no such thing. The others tell as well.
      if (error instanceof pg.DatabaseError) return null;
      throw error;
    });
    parts.push(part?.rows[0]?.part ?? '');
  }
  return parts.join('/');
}

async function renewAll(client: pg.Client): Promise<number> {
  await client.query(RENEW_SEED);
  await client.query(READ_ALL);
  const projects = (await client.query<{ id: string }>(PROJECTS)).rows.map(({ id }) => id);
  let renewed = 0;
  for (let from = 0; from < projects.length; from += PROJECTS_AT_ONCE) {
    const some = projects.slice(from, from + PROJECTS_AT_ONCE);
    await client.query(NAME_PROJECTS, [some.join(' ')]);
    renewed += (await client.query(RENEW, [some])).rowCount ?? 0;
  }
  return renewed;
}
