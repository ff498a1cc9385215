/** What one flush says to the database, for new messages and for changes of old ones, and how its answer is read. */

import type { Message, ReactPayload } from '@chatty/protocol/events';
import { REACTION_EMOJI, REACTION_USERS } from '@chatty/protocol/sizes';
import type { Draft } from '@chatty/protocol/validate';
import type { Access, Appended, Author, Changed, ProjectId, Reacted } from '../store.js';
import type { Flush } from './group-commit.js';
import { columnsOf, type MessageRow, type Query, SERVER_MADE, toMessage } from './pool.js';

export type Append = {
  project: ProjectId;
  room: string;
  author: Author;
  draft: Draft;
  /** The client's id of the message, or one that the server made up so that a retry stores it once. */
  client: string;
  access?: Access | undefined;
};

/** `content` null: deletes it. */
export type Change = {
  project: ProjectId;
  room: string;
  userId: string;
  id: number;
  content: string | null;
  access?: Access | undefined;
};

export type React = ReactPayload & {
  project: ProjectId;
  room: string;
  userId: string;
  access?: Access | undefined;
};

const APPEND_ONE = {
  name: 'append one',
  text: 'SELECT * FROM append_one($1, $2, $3, $4, $5, $6, $7, $8, $9)',
};
const APPEND_FEW = {
  name: 'append few',
  text: 'SELECT * FROM append_few($1, $2, $3, $4, $5, $6, $7, $8, $9)',
};
const APPEND_MANY = {
  name: 'append many',
  text: 'SELECT * FROM append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
};
/** Up to here a loop over the rows is cheaper for the database than one statement for all; measured in docs/decisions/0007. */
const FEW = 32;
const CHANGE = {
  name: 'change',
  text: `SELECT c.outcome, ${columnsOf('(c.message)')} FROM change_messages($1, $2, $3, $4, $5, $6) c`,
};
const REACT = {
  name: 'react',
  text: `SELECT c.outcome, ${columnsOf('(c.message)')} FROM react_messages($1, $2, $3, $4, $5, $6, $7, $8, $9) c`,
};
const AS_IT_STANDS = {
  name: 'as it stands',
  text: `SELECT k.n, ${columnsOf('(k.message)')} FROM messages_by_id($1, $2, $3) k`,
};

/** A job in a room that somebody keeps, or one that depends on another of its flush. */
type ComeAgain = { outcome: null };
type AppendRow = Omit<MessageRow, 'user_id' | 'client_id' | 'reply_to' | 'reactions'> & {
  outcome: Appended['outcome'];
};
/** A stored message's texts are NULL: they are those of the draft. */
type OneRow = AppendRow | { outcome: 'stored'; id: number; seq: number; created_at: string; content: null };
type FewRow = { n: number } & OneRow;
type ChangeRow<Result extends { outcome: string }> = MessageRow & { outcome: Result['outcome'] };

/** What a row costs beside its texts while it waits, in bytes; an estimate. */
const OVERHEAD = 500;

export const weighAppend = ({ draft }: Append): number => OVERHEAD + 2 * draft.content.length;
export const weighChange = ({ content }: Change): number => OVERHEAD + 2 * (content?.length ?? 0);

export function createAppendFlush(query: Query): Flush<Append, Appended> {
  async function one(append: Append): Promise<(Appended | null)[]> {
    const [row] = await query<OneRow>(APPEND_ONE, valuesOf(append));
    return [toAppended(row, append)];
  }

  async function few(appends: readonly Append[]): Promise<(Appended | null)[]> {
    const results: (Appended | null)[] = appends.map(() => null);
    for (const row of await query<FewRow>(APPEND_FEW, arraysOf(appends))) {
      const append = appends[row.n - 1];
      if (append) results[row.n - 1] = toAppended(row, append);
    }
    return results;
  }

  async function many(appends: readonly Append[], passing: boolean): Promise<(Appended | null)[]> {
    const rows = await query<AppendRow | ComeAgain>(APPEND_MANY, [...arraysOf(appends), passing]);
    return appends.map((append, index) => toAppended(rows[index], append));
  }

  /** A message that was sent again may have been changed since in more than what the functions answer. */
  async function renewed(appends: readonly Append[], results: (Appended | null)[]) {
    const old = results.flatMap((result, index) => {
      const append = appends[index];
      if (!append || !result || !('message' in result) || result.message.id === result.message.seq) return [];
      return [{ ...append, id: result.message.id, result }];
    });
    if (old.length === 0) return results;
    const rows = await query<MessageRow & { n: number }>(AS_IT_STANDS, [
      old.map(({ project }) => project),
      old.map(({ room }) => room),
      old.map(({ id }) => id),
    ]);
    for (const row of rows) {
      const found = old[row.n - 1];
      if (found) found.result.message = toMessage(row);
    }
    return results;
  }

  return async (appends, passing) => {
    const [first] = appends;
    if (appends.length > FEW || passing || !first) return renewed(appends, await many(appends, passing));
    return renewed(appends, await (appends.length === 1 ? one(first) : few(appends)));
  };
}

/** What the functions that append are given of a message, in the order of their parameters. */
function valuesOf({ project, room, author, draft, client }: Append): unknown[] {
  const { userId, username, avatar, role = null } = author;
  return [project, room, userId, username, avatar, draft.content, client, draft.replyTo, role];
}

/** The same of several, by parameter. */
function arraysOf(appends: readonly Append[]): unknown[][] {
  const rows = appends.map(valuesOf);
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
}

function toAppended(row: OneRow | ComeAgain | undefined, append: Append): Appended | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  if (outcome === 'conflict' || outcome === 'not_found') return { outcome };
  const { author, draft, client } = append;
  const madeHere = client.startsWith(SERVER_MADE);
  const texts = row.content === null ? { ...author, role: author.role ?? null, content: draft.content } : row;
  const message: Message = {
    id: row.id,
    seq: row.seq,
    userId: author.userId,
    username: texts.username,
    avatar: texts.avatar,
    content: texts.content,
    clientId: madeHere ? null : client,
    replyTo: draft.replyTo,
    created_at: row.created_at,
  };
  if (texts.role) message.role = texts.role;
  if ('edited_at' in row && row.edited_at) message.edited_at = row.edited_at;
  if ('deleted_at' in row && row.deleted_at) message.deleted_at = row.deleted_at;
  // Only a flush that was tried again can meet an id that the server made up.
  return { outcome: madeHere ? 'stored' : outcome, message };
}

export function createChangeFlush(query: Query): Flush<Change, Changed> {
  return async (changes, passing) => {
    const rows = await query<ChangeRow<Changed> | ComeAgain>(CHANGE, [
      changes.map(({ project }) => project),
      changes.map(({ room }) => room),
      changes.map(({ userId }) => userId),
      changes.map(({ id }) => id),
      changes.map(({ content }) => content),
      passing,
    ]);
    return changes.map((_, index) => toChanged<Changed>(rows[index]));
  };
}

export function createReactionFlush(query: Query): Flush<React, Reacted> {
  return async (reactions, passing) => {
    const rows = await query<ChangeRow<Reacted> | ComeAgain>(REACT, [
      reactions.map(({ project }) => project),
      reactions.map(({ room }) => room),
      reactions.map(({ userId }) => userId),
      reactions.map(({ id }) => id),
      reactions.map(({ emoji }) => emoji),
      reactions.map(({ on }) => on),
      REACTION_EMOJI,
      REACTION_USERS,
      passing,
    ]);
    return reactions.map((_, index) => toChanged<Reacted>(rows[index]));
  };
}

/** The types cannot tell that the outcomes of a result are those of its row. */
function toChanged<Result extends Changed | Reacted>(
  row: ChangeRow<Result> | ComeAgain | undefined,
): Result | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  const stands = outcome === 'changed' || outcome === 'same';
  return (stands ? { outcome, message: toMessage(row as MessageRow) } : { outcome }) as Result;
}
