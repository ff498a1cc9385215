/** What the database knows of order, for all nodes alike: sanctions, staff, the rules of rooms, and the log of who did what. */

import { UnavailableError } from '../../runtime/unavailable-error.js';
import type {
  AuditEntry,
  ModerationRecords,
  RulesRow,
  SanctionRow,
  StaffRow,
  TimedSanction,
} from '../moderation-store.js';
import { type MessageRow, messageColumns, toMessage } from './message-row.js';
import type { Query, Statement } from './pool.js';

const SELECT_VERSION = { name: 'moderation version', text: 'SELECT version FROM moderation_version' };
const SANCTION_COLUMNS = `project_id AS project, user_id AS "userId", kind, until, reason, set_at AS "setAt",
  set_by AS "setBy", set_by_id AS "setById"`;
const SANCTIONS_SINCE = {
  name: 'sanctions since',
  text: `SELECT ${SANCTION_COLUMNS}, version,
      (extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS "remainingMs"
    FROM sanctions_since($1, $3, $2)`,
};
const STAFF_SINCE = {
  name: 'staff since',
  text: `SELECT project_id AS project, user_id AS "userId", username, role, issued_at AS "issuedAt", version
    FROM staff_since($1, $2)`,
};
const RULES_SINCE = {
  name: 'rules since',
  text: 'SELECT project_id AS project, room_id AS room, rules, version FROM room_rules_since($1, $2)',
};
/** Rows that one statement reads at most, so that it ends in time and the process is not kept from everything else. */
const PAGE_SIZE = 1_000;
const SET_SANCTION = {
  name: 'sanction',
  text: `WITH act AS (
      INSERT INTO sanctions (project_id, user_id, kind, until, reason, set_at, set_by, set_by_id)
        VALUES ($1, $2, $3, now() + make_interval(secs => $4::float8), $5, now(), $10, $6::jsonb ->> 'id')
      ON CONFLICT (project_id, user_id, kind)
        DO UPDATE SET until = excluded.until, reason = excluded.reason, set_at = excluded.set_at,
          set_by = excluded.set_by, set_by_id = excluded.set_by_id
        WHERE sanctions.until <= now() OR sanctions.set_by = ANY($11)
      RETURNING date_trunc('milliseconds', until) AS until
    ), entry AS (
      INSERT INTO audit_log (project_id, actor, act, subject, details)
        SELECT $1, $6::jsonb, $3, $2, $7::jsonb || jsonb_build_object(
          'until', to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'message', message_snapshot($1, $8, $9)) FROM act
    )
    SELECT until FROM act`,
};
const LIFT_SANCTIONS = {
  name: 'lift',
  text: `WITH held AS (
      SELECT ctid, set_by = ANY($6) AS overruled FROM sanctions
      WHERE project_id = $1 AND user_id = $2 AND kind = ANY($3) AND (until IS NULL OR until > now()) FOR UPDATE
    ), act AS (
      UPDATE sanctions SET until = now()
      WHERE ctid = ANY(ARRAY(SELECT ctid FROM held)) AND (SELECT bool_and(overruled) FROM held) RETURNING kind
    ), entry AS (
      INSERT INTO audit_log (project_id, actor, act, subject, details)
        SELECT $1, $4::jsonb, $5::text, $2, '{}'::jsonb FROM act LIMIT 1 RETURNING id
    )
    SELECT CASE WHEN EXISTS (SELECT FROM entry) THEN 'lifted'
      WHEN NOT (SELECT bool_and(overruled) FROM held) THEN 'forbidden'
      WHEN EXISTS (SELECT FROM held) THEN 'changed' ELSE 'none' END AS outcome`,
};
/** How often a sanction may be set anew in the moment in which it is lifted. */
const MAX_LIFT_ATTEMPTS = 3;
const LIFT_SANCTIONS_OF_KEY = {
  name: 'lift of key',
  text: `WITH act AS (
      UPDATE sanctions SET until = now() WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM sanctions
        WHERE project_id = $1 AND set_by = 'key' AND set_by_id = $2 AND (until IS NULL OR until > now())
        LIMIT $4 FOR UPDATE
      )) RETURNING user_id, kind
    )
    INSERT INTO audit_log (project_id, actor, act, subject, details)
      SELECT $1, $3, 'un' || act.kind, act.user_id, jsonb_build_object('key', $2::text) FROM act RETURNING id`,
};
const ACTIVE_SANCTIONS = {
  name: 'sanctions held',
  text: `SELECT ${SANCTION_COLUMNS} FROM sanctions
    WHERE project_id = $1 AND user_id > $2 AND (until IS NULL OR until > now()) ORDER BY user_id, kind LIMIT $3`,
};
const SET_ROOM_RULES = {
  name: 'set rules',
  text: `WITH before AS (
      SELECT rules FROM room_rules WHERE project_id = $1 AND room_id = $2 FOR UPDATE
    ), act AS (
      INSERT INTO room_rules (project_id, room_id, rules) VALUES ($1, $2, jsonb_strip_nulls($3::jsonb))
      ON CONFLICT (project_id, room_id) DO UPDATE SET rules = jsonb_strip_nulls(room_rules.rules || $3::jsonb)
      RETURNING rules
    )
    INSERT INTO audit_log (project_id, actor, act, subject, details)
      SELECT $1, $4::jsonb, 'rules', $2,
        jsonb_build_object('before', coalesce((SELECT rules FROM before), '{}'), 'after', act.rules) FROM act`,
};
const RECORD_STAFF = {
  name: 'staff seen',
  text: `INSERT INTO staff (project_id, user_id, username, role, issued_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (project_id, user_id) DO UPDATE
      SET username = excluded.username, role = excluded.role, issued_at = excluded.issued_at
      WHERE excluded.issued_at >= staff.issued_at`,
};
const DELETE_MESSAGE = {
  name: 'delete message as moderator',
  text: `SELECT c.outcome, ${messageColumns('(c.message)')} FROM delete_message_as_moderator($1, $2, $3, $4, $5, $6) c`,
};
const LIST_AUDIT_ENTRIES = {
  name: 'audit',
  text: `SELECT id, at, actor, act, subject, details FROM audit_log
    WHERE project_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
};

/** @param pollQuery asks what has changed, where that has connections of its own */
export function createModerationRecords(query: Query, pollQuery = query): ModerationRecords {
  async function* pages<Row>(statement: Statement, since: number, ...rest: boolean[]): AsyncGenerator<Row[]> {
    for (let after = since; ; ) {
      const page = await pollQuery<Row & { version: number }>(statement, [after, PAGE_SIZE, ...rest]);
      yield page.map(({ version: _, ...row }) => row as unknown as Row);
      const last = page.at(-1);
      if (!last || page.length < PAGE_SIZE) return;
      after = last.version;
    }
  }

  return {
    async changesSince(since) {
      // Read first: what comes while the others are read comes again next time.
      const [seen] = await pollQuery<{ version: number }>(SELECT_VERSION, []);
      if (!seen) throw new UnavailableError('the moderation version is missing');
      const { version } = seen;
      if (version === since) return null;
      // A version that went back is that of a restored backup.
      const whole = since === null || version < since;
      const after = whole ? 0 : since;
      return {
        version,
        isComplete: whole,
        sanctions: pages<TimedSanction>(SANCTIONS_SINCE, after, !whole),
        staff: pages<StaffRow>(STAFF_SINCE, after),
        rules: pages<RulesRow>(RULES_SINCE, after),
      };
    },
    async setSanction({
      project,
      userId,
      kind,
      seconds,
      reason,
      setBy,
      overruled,
      actor,
      details,
      evidence,
    }) {
      const evidenceKey = [evidence?.room ?? null, evidence?.id ?? null];
      const values = [
        project,
        userId,
        kind,
        seconds,
        reason,
        actor,
        details,
        ...evidenceKey,
        setBy,
        overruled,
      ];
      const [row] = await query<{ until: string | null }>(SET_SANCTION, values);
      return row ?? null;
    },
    async liftSanctions({ project, userId, kinds, overruled, act, actor }) {
      const values = [project, userId, kinds, actor, act, overruled];
      for (let attempt = 0; attempt < MAX_LIFT_ATTEMPTS; attempt += 1) {
        const [row] = await query<{ outcome: 'lifted' | 'none' | 'forbidden' | 'changed' }>(
          LIFT_SANCTIONS,
          values,
        );
        if (!row) throw new UnavailableError('the sanction was not answered for');
        // Another transaction changed it while this one waited for it, and a statement sees only what was there before.
        if (row.outcome !== 'changed') return row.outcome;
      }
      throw new UnavailableError('the sanction changed whenever it was to be lifted');
    },
    liftSanctionsOfKey: async ({ project, key, actor, limit }) =>
      (await query(LIFT_SANCTIONS_OF_KEY, [project, key, actor, limit])).length,
    activeSanctions: (project, after, limit) => query<SanctionRow>(ACTIVE_SANCTIONS, [project, after, limit]),
    async setRules({ project, room, changes, actor }) {
      await query(SET_ROOM_RULES, [project, room, changes, actor]);
    },
    async recordStaff({ project, userId, username, role, issuedAt }) {
      await query(RECORD_STAFF, [project, userId, username, role, issuedAt]);
    },
    async deleteMessage({ project, room, id, protectedRoles, actor, details }) {
      const [row] = await query<MessageRow & { outcome: 'changed' | 'same' | 'not_found' | 'forbidden' }>(
        DELETE_MESSAGE,
        [project, room, id, actor, details, protectedRoles],
      );
      if (!row) throw new UnavailableError('the message was not answered for');
      const { outcome } = row;
      return outcome === 'not_found' || outcome === 'forbidden'
        ? { outcome }
        : { outcome, message: toMessage(row) };
    },
    listAuditEntries: (project, before, limit) =>
      query<AuditEntry>(LIST_AUDIT_ENTRIES, [project, before ?? Number.MAX_SAFE_INTEGER, limit]),
  };
}
