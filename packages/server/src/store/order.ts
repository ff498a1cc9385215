/** What the database knows of order, for all nodes alike: sanctions, staff, the rules of rooms, and the log of who did what. */

import { columnsOf, type MessageRow, type Query, toMessage } from './database.js';
import type { AuditEntry, OrderRecords, RulesRow, SanctionRow, StaffRow } from './order-records.js';
import { Unavailable } from './store.js';

const VERSION = { name: 'order version', text: 'SELECT version FROM order_version' };
const SANCTION_COLUMNS = `project_id AS project, user_id AS "userId", kind, until, reason, set_at AS "setAt"`;
const SANCTIONS = {
  name: 'sanctions since',
  text: `SELECT ${SANCTION_COLUMNS} FROM sanctions
    WHERE version > $1 AND ($1 > 0 OR until IS NULL OR until > now()) ORDER BY version`,
};
const STAFF = {
  name: 'staff since',
  text: `SELECT project_id AS project, user_id AS "userId", username, role, issued_at AS "issuedAt"
    FROM staff WHERE version > $1 ORDER BY version`,
};
const RULES = {
  name: 'rules since',
  text: 'SELECT project_id AS project, room_id AS room, rules FROM room_rules WHERE version > $1 ORDER BY version',
};
const SANCTION = {
  name: 'sanction',
  text: `WITH act AS (
      INSERT INTO sanctions (project_id, user_id, kind, until, reason, set_at) VALUES ($1, $2, $3, $4, $5, now())
      ON CONFLICT (project_id, user_id, kind)
        DO UPDATE SET until = excluded.until, reason = excluded.reason, set_at = excluded.set_at
    )
    INSERT INTO audit_log (project_id, actor, act, subject, details)
      VALUES ($1, $6, $3, $2, $7::jsonb || jsonb_build_object('message', message_snapshot($1, $8, $9)))`,
};
const LIFT = {
  name: 'lift',
  text: `WITH act AS (
      UPDATE sanctions SET until = now()
      WHERE project_id = $1 AND user_id = $2 AND kind = ANY($3) AND (until IS NULL OR until > now()) RETURNING kind
    )
    INSERT INTO audit_log (project_id, actor, act, subject, details)
      SELECT $1, $4::jsonb, $5::text, $2, '{}'::jsonb FROM act LIMIT 1 RETURNING id`,
};
const HELD = {
  name: 'sanctions held',
  text: `SELECT ${SANCTION_COLUMNS} FROM sanctions
    WHERE project_id = $1 AND user_id > $2 AND (until IS NULL OR until > now()) ORDER BY user_id, kind LIMIT $3`,
};
const SET_RULES = {
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
const SEEN = {
  name: 'staff seen',
  text: `INSERT INTO staff (project_id, user_id, username, role, issued_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (project_id, user_id) DO UPDATE
      SET username = excluded.username, role = excluded.role, issued_at = excluded.issued_at
      WHERE excluded.issued_at >= staff.issued_at`,
};
const TAKE_DOWN = {
  name: 'take down',
  text: `SELECT c.outcome, ${columnsOf('(c.message)')} FROM take_down($1, $2, $3, $4, $5) c`,
};
const NOTE = {
  name: 'note',
  text: 'INSERT INTO audit_log (project_id, actor, act, subject, details) VALUES ($1, $2, $3, $4, $5)',
};
const AUDIT = {
  name: 'audit',
  text: `SELECT id, at, actor, act, subject, details FROM audit_log
    WHERE project_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
};

export function createOrderRecords(query: Query): OrderRecords {
  async function version(): Promise<number> {
    const [row] = await query<{ version: number }>(VERSION, []);
    if (!row) throw new Unavailable('the version of the order is not there');
    return row.version;
  }

  return {
    version,
    async changes(since) {
      // Read first: what comes while the others are read comes again next time.
      const seen = await version();
      return {
        version: seen,
        sanctions: await query<SanctionRow>(SANCTIONS, [since]),
        staff: await query<StaffRow>(STAFF, [since]),
        rules: await query<RulesRow>(RULES, [since]),
      };
    },
    async sanction({ project, userId, kind, until, reason, actor, details, evidence }) {
      const place = [evidence?.room ?? null, evidence?.id ?? null];
      await query(SANCTION, [project, userId, kind, until, reason, actor, details, ...place]);
    },
    lift: async ({ project, userId, kinds, act, actor }) =>
      (await query(LIFT, [project, userId, kinds, actor, act])).length > 0,
    held: (project, after, limit) => query<SanctionRow>(HELD, [project, after, limit]),
    async setRules({ project, room, changes, actor }) {
      await query(SET_RULES, [project, room, changes, actor]);
    },
    async seen({ project, userId, username, role, issuedAt }) {
      await query(SEEN, [project, userId, username, role, issuedAt]);
    },
    async takeDown({ project, room, id, actor, details }) {
      const [row] = await query<MessageRow & { outcome: 'changed' | 'same' | 'not_found' }>(TAKE_DOWN, [
        project,
        room,
        id,
        actor,
        details,
      ]);
      if (!row) throw new Unavailable('the message was not answered for');
      const { outcome } = row;
      return outcome === 'not_found' ? { outcome } : { outcome, message: toMessage(row) };
    },
    async note({ project, actor, act, subject, details }) {
      await query(NOTE, [project, actor, act, subject, details]);
    },
    audit: (project, before, limit) =>
      query<AuditEntry>(AUDIT, [project, before ?? Number.MAX_SAFE_INTEGER, limit]),
  };
}
