/** Decides whose the data folder is: one Chatty at a time, held by a lock that dies with its holder. */

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Connection } from './connection.js';
import { anotherChatty } from './errors.js';
import { StartError } from './startup-error.js';

export type Owner = {
  /** Resolves when the lock's connection has ended, whoever ended it. */
  lost: Promise<void>;
  release(): Promise<void>;
};

export type Claim = {
  connection: Connection;
  /** Named in the sentences. */
  folder: string;
  /** Whether the server that is asked still runs; without it there is nothing to wait for. */
  alive: () => boolean | Promise<boolean>;
  /** How long the lock must be seen free before it is taken, in milliseconds: somebody may be about to take it. */
  settle: number;
  /** Told once when it takes long. */
  onSlow: () => void;
};

/** Key of the session advisory lock in the database `postgres`; any constant of ours would do. */
const LOCK = 4_027_119;
/** How long a previous holder may take to go, in milliseconds. */
const HOLDER_PATIENCE = 4_000;
/** How long a server may give no answer at all. */
const SILENCE_PATIENCE = 60_000;
/** How long it may answer that it is starting: crash recovery is only longer when it is cut short. */
const RECOVERY_PATIENCE = 600_000;
const SLOW = 3_000;
const PAUSE = 50;
const ANSWER_TIMEOUT = 2_000;

const STARTING_OR_STOPPING = '57P03';
const REFUSED_ACCOUNT = /^28/;
const HELD = 'held';

/**
 * Takes the lock, waiting for a server that is starting and a holder that is just stopping.
 * @returns null where the server went away meanwhile
 * @throws StartError where another Chatty keeps it, the password is not its own, or no answer comes in time
 */
export async function takeOwnership(claim: Claim): Promise<Owner | null> {
  const begun = performance.now();
  let heldSince: number | null = null;
  let told = false;
  while (await claim.alive()) {
    const attempt = await tryLock(claim).catch((error: unknown) => error);
    if (isOwner(attempt)) return attempt;
    const now = performance.now();
    heldSince = attempt === HELD ? (heldSince ?? now) : null;
    if (heldSince !== null && now - heldSince > HOLDER_PATIENCE) throw anotherChatty(claim.folder);
    if (attempt !== HELD) requireHope(attempt, now - begun, claim.folder);
    if (!told && attempt !== HELD && now - begun > SLOW) {
      told = true;
      claim.onSlow();
    }
    await pause(PAUSE);
  }
  return null;
}

function isOwner(attempt: unknown): attempt is Owner {
  return typeof attempt === 'object' && attempt !== null && 'release' in attempt;
}

function requireHope(error: unknown, waited: number, folder: string): void {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (REFUSED_ACCOUNT.test(code)) {
    const sentence = `The database in ${folder} does not accept the password in ${folder}/postgres-password: put the file back that it was made with, or set CHATTY_DATA_DIR to another folder.`;
    throw new StartError(sentence, { cause: error });
  }
  const patience = code === STARTING_OR_STOPPING ? RECOVERY_PATIENCE : SILENCE_PATIENCE;
  if (waited <= patience) return;
  const reason = error instanceof Error ? error.message : String(error);
  throw new StartError(`The database in ${folder} gave no answer within ${patience / 1_000} s (${reason}).`, {
    cause: error,
  });
}

async function tryLock({ connection, settle }: Claim): Promise<Owner | typeof HELD> {
  const client = new pg.Client({
    ...connection,
    database: 'postgres',
    application_name: 'chatty owner',
    // Whatever the environment asks of other servers: this one has no certificate and is on this machine.
    ssl: false,
    connectionTimeoutMillis: ANSWER_TIMEOUT,
    query_timeout: ANSWER_TIMEOUT,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  const lost = new Promise<void>((resolve) => client.once('end', resolve));
  const release = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    if ((await staysFree(client, settle)) && (await lock(client))) return { lost, release };
  } catch (error) {
    await release();
    throw error;
  }
  await release();
  return HELD;
}

async function staysFree(client: pg.Client, settle: number): Promise<boolean> {
  const until = performance.now() + settle;
  while (performance.now() < until) {
    const { rowCount } = await client.query(
      "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = $1 AND objsubid = 1",
      [LOCK],
    );
    if (rowCount !== 0) return false;
    await pause(PAUSE);
  }
  return true;
}

async function lock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [LOCK]);
  return rows[0]?.held === true;
}
