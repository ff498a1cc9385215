/** Decides whether the database was restored from a backup since the last start: then every room gets a new epoch (R5). */

import pg from 'pg';

/**
 * What a restored database does not share with the one it was taken from. The server differs where a dump is loaded
 * elsewhere, the oids where tables are made anew, the timeline after a recovery to a moment before (and a failover), the
 * time of a file's last change of state where files were copied back: no program can set that one.
 */
const FINGERPRINT_QUERIES = [
  'SELECT system_identifier::text AS part FROM pg_control_system()',
  'SELECT oid::text AS part FROM pg_database WHERE datname = current_database()',
  "SELECT 'log_mark'::regclass::oid::text AS part",
  'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) AS part',
  "SELECT extract(epoch FROM (pg_stat_file('PG_VERSION')).change)::text AS part",
];
/** And where only rows are loaded into the same tables, another transaction has written this one. */
const SELECT_MARK = 'SELECT mark, xmin::text AS xmin FROM log_mark';
/** The low half of the transaction's number, which is what `xmin` shows. */
const WRITE_MARK = `INSERT INTO log_mark (mark) VALUES ($1 || '/' || (txid_current() & 4294967295))
  ON CONFLICT (one) DO UPDATE SET mark = excluded.mark`;
/** A dump by an owner whom row-level security holds too: all rows may be read, those of the projects named be changed. */
const ALLOW_READING_ALL = "SELECT set_config('chatty.backup', 'on', true)";
const SELECT_PROJECTS = 'SELECT DISTINCT project_id AS id FROM rooms ORDER BY 1';
const SCOPE_TO_PROJECTS = "SELECT set_config('chatty.projects', $1, true)";
const RENEW_EPOCHS = 'UPDATE rooms SET epoch = gen_random_uuid() WHERE project_id = ANY($1)';
/** Rooms without a row have an epoch too, which follows from it. */
const RENEW_EPOCH_SEED = 'UPDATE epoch_seed SET seed = gen_random_uuid()';
/** So few that looking a project up among those named costs little. */
const PROJECT_BATCH_SIZE = 500;

/**
 * To be called after the migrations and under their lock.
 * @returns how many rooms got a new epoch; 0 where nothing was restored, or at the first start
 */
export async function renewRestoredRooms(client: pg.Client): Promise<number> {
  const fingerprint = await databaseFingerprint(client);
  const { rows } = await client.query<{ mark: string; xmin: string }>(SELECT_MARK);
  const [row] = rows;
  const knownFingerprint = row?.mark.endsWith(`/${row.xmin}`)
    ? row.mark.slice(0, -row.xmin.length - 1)
    : null;
  const isSame = knownFingerprint !== null && isSameDatabase(knownFingerprint, fingerprint);
  const mark = isSame ? fillMissingParts(fingerprint, knownFingerprint) : fingerprint;
  if (mark === knownFingerprint) return 0;
  await client.query('BEGIN');
  try {
    const renewed = row === undefined || isSame ? 0 : await renewAllEpochs(client);
    await client.query(WRITE_MARK, [mark]);
    await client.query('COMMIT');
    return renewed;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** What one of them could not tell says nothing: another user of the database may be told more, or less. */
function isSameDatabase(one: string, other: string): boolean {
  return fillMissingParts(one, other) === fillMissingParts(other, one);
}

/** The place, with the parts that it lacks from another. */
function fillMissingParts(fingerprint: string, other: string): string {
  const others = other.split('/');
  return fingerprint
    .split('/')
    .map((part, at) => part || others[at] || '')
    .join('/');
}

async function databaseFingerprint(client: pg.Client): Promise<string> {
  const parts: string[] = [];
  for (const text of FINGERPRINT_QUERIES) {
    const part = await client.query<{ part: string }>(text).catch((error: unknown) => {
      // A database may keep it to itself (files are a superuser's), or have no such thing. The others tell as well.
      if (error instanceof pg.DatabaseError) return null;
      throw error;
    });
    parts.push(part?.rows[0]?.part ?? '');
  }
  return parts.join('/');
}

async function renewAllEpochs(client: pg.Client): Promise<number> {
  await client.query(RENEW_EPOCH_SEED);
  await client.query(ALLOW_READING_ALL);
  const projects = (await client.query<{ id: string }>(SELECT_PROJECTS)).rows.map(({ id }) => id);
  let renewed = 0;
  for (let from = 0; from < projects.length; from += PROJECT_BATCH_SIZE) {
    const batch = projects.slice(from, from + PROJECT_BATCH_SIZE);
    await client.query(SCOPE_TO_PROJECTS, [batch.join(' ')]);
    renewed += (await client.query(RENEW_EPOCHS, [batch])).rowCount ?? 0;
  }
  return renewed;
}
