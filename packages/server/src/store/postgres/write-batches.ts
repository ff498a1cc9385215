/** What one flush says to the database, for new messages and for changes of old ones, and how its answer is read. */

import type { Draft, Message, ReactPayload } from '@chatty/protocol';
import { MAX_LISTED_REACTION_USERS, MAX_REACTION_EMOJI } from '@chatty/protocol';
import type { AccessCheck, AppendResult, Author, EditResult, ProjectId, ReactResult } from '../store.js';
import type { Flush } from './group-commit.js';
import { type MessageRow, messageColumns, SERVER_CLIENT_ID_PREFIX, toMessage } from './message-row.js';
import type { Query } from './pool.js';

export type AppendJob = {
  project: ProjectId;
  room: string;
  author: Author;
  draft: Draft;
  /** The client's id of the message, or one that the server made up so that a retry stores it once. */
  client: string;
  access?: AccessCheck | undefined;
};

/** `content` null: deletes it. */
export type EditJob = {
  project: ProjectId;
  room: string;
  userId: string;
  id: number;
  content: string | null;
  access?: AccessCheck | undefined;
};

export type ReactJob = ReactPayload & {
  project: ProjectId;
  room: string;
  userId: string;
  access?: AccessCheck | undefined;
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
/** Up to here a loop over the rows is cheaper for the database than one statement for all; measured in docs/contributing/decisions/0007. */
const MAX_FEW_ROWS = 32;
const CHANGE_MESSAGES = {
  name: 'change',
  text: `SELECT c.outcome, ${messageColumns('(c.message)')} FROM change_messages($1, $2, $3, $4, $5, $6) c`,
};
const REACT_MESSAGES = {
  name: 'react',
  text: `SELECT c.outcome, ${messageColumns('(c.message)')} FROM react_messages($1, $2, $3, $4, $5, $6, $7, $8, $9) c`,
};
const CURRENT_STATE = {
  name: 'as it stands',
  text: `SELECT k.n, ${messageColumns('(k.message)')} FROM messages_by_id($1, $2, $3) k`,
};

/** A job in a room that somebody keeps, or one that depends on another of its flush. */
type RetryRow = { outcome: null };
type AppendRow = Omit<MessageRow, 'user_id' | 'client_id' | 'reply_to' | 'reactions'> & {
  outcome: AppendResult['outcome'];
};
/** A stored message's texts are NULL: they are those of the draft. */
type AppendOneRow =
  | AppendRow
  | { outcome: 'stored'; id: number; seq: number; created_at: string; content: null };
type AppendFewRow = { n: number } & AppendOneRow;
type ChangeRow<Result extends { outcome: string }> = MessageRow & { outcome: Result['outcome'] };

/** What a row costs beside its texts while it waits, in bytes; an estimate. */
const ROW_OVERHEAD_BYTES = 500;

export const appendJobBytes = ({ draft }: AppendJob): number => ROW_OVERHEAD_BYTES + 2 * draft.content.length;
export const editJobBytes = ({ content }: EditJob): number => ROW_OVERHEAD_BYTES + 2 * (content?.length ?? 0);

export function createAppendFlush(query: Query): Flush<AppendJob, AppendResult> {
  async function appendOne(append: AppendJob): Promise<(AppendResult | null)[]> {
    const [row] = await query<AppendOneRow>(APPEND_ONE, appendValues(append));
    return [toAppendResult(row, append)];
  }

  async function appendFew(appends: readonly AppendJob[]): Promise<(AppendResult | null)[]> {
    const results: (AppendResult | null)[] = appends.map(() => null);
    for (const row of await query<AppendFewRow>(APPEND_FEW, appendColumns(appends))) {
      const append = appends[row.n - 1];
      if (append) results[row.n - 1] = toAppendResult(row, append);
    }
    return results;
  }

  async function appendMany(
    appends: readonly AppendJob[],
    skipLocked: boolean,
  ): Promise<(AppendResult | null)[]> {
    const rows = await query<AppendRow | RetryRow>(APPEND_MANY, [...appendColumns(appends), skipLocked]);
    return appends.map((append, index) => toAppendResult(rows[index], append));
  }

  /** A message that was sent again may have been changed since in more than what the functions answer. */
  async function withCurrentState(appends: readonly AppendJob[], results: (AppendResult | null)[]) {
    const duplicates = results.flatMap((result, index) => {
      const append = appends[index];
      if (!append || !result || !('message' in result) || result.message.id === result.message.seq) return [];
      return [{ ...append, id: result.message.id, result }];
    });
    if (duplicates.length === 0) return results;
    const rows = await query<MessageRow & { n: number }>(CURRENT_STATE, [
      duplicates.map(({ project }) => project),
      duplicates.map(({ room }) => room),
      duplicates.map(({ id }) => id),
    ]);
    for (const row of rows) {
      const found = duplicates[row.n - 1];
      if (found) found.result.message = toMessage(row);
    }
    return results;
  }

  return async (appends, skipLocked) => {
    const [first] = appends;
    if (appends.length > MAX_FEW_ROWS || skipLocked || !first)
      return withCurrentState(appends, await appendMany(appends, skipLocked));
    return withCurrentState(appends, await (appends.length === 1 ? appendOne(first) : appendFew(appends)));
  };
}

/** What the functions that append are given of a message, in the order of their parameters. */
function appendValues({ project, room, author, draft, client }: AppendJob): unknown[] {
  const { userId, username, avatar, role = null } = author;
  return [project, room, userId, username, avatar, draft.content, client, draft.replyTo, role];
}

/** The same of several, by parameter. */
function appendColumns(appends: readonly AppendJob[]): unknown[][] {
  const rows = appends.map(appendValues);
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
}

function toAppendResult(row: AppendOneRow | RetryRow | undefined, append: AppendJob): AppendResult | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  if (outcome === 'conflict' || outcome === 'not_found') return { outcome };
  const { author, draft, client } = append;
  const isServerMade = client.startsWith(SERVER_CLIENT_ID_PREFIX);
  const authorAndText =
    row.content === null ? { ...author, role: author.role ?? null, content: draft.content } : row;
  const message: Message = {
    id: row.id,
    seq: row.seq,
    userId: author.userId,
    username: authorAndText.username,
    avatar: authorAndText.avatar,
    content: authorAndText.content,
    clientId: isServerMade ? null : client,
    replyTo: draft.replyTo,
    created_at: row.created_at,
  };
  if (authorAndText.role) message.role = authorAndText.role;
  if ('edited_at' in row && row.edited_at) message.edited_at = row.edited_at;
  if ('deleted_at' in row && row.deleted_at) message.deleted_at = row.deleted_at;
  // Only a flush that was tried again can meet an id that the server made up.
  return { outcome: isServerMade ? 'stored' : outcome, message };
}

export function createEditFlush(query: Query): Flush<EditJob, EditResult> {
  return async (changes, skipLocked) => {
    const rows = await query<ChangeRow<EditResult> | RetryRow>(CHANGE_MESSAGES, [
      changes.map(({ project }) => project),
      changes.map(({ room }) => room),
      changes.map(({ userId }) => userId),
      changes.map(({ id }) => id),
      changes.map(({ content }) => content),
      skipLocked,
    ]);
    return changes.map((_, index) => toEditResult<EditResult>(rows[index]));
  };
}

export function createReactionFlush(query: Query): Flush<ReactJob, ReactResult> {
  return async (reactions, skipLocked) => {
    const rows = await query<ChangeRow<ReactResult> | RetryRow>(REACT_MESSAGES, [
      reactions.map(({ project }) => project),
      reactions.map(({ room }) => room),
      reactions.map(({ userId }) => userId),
      reactions.map(({ id }) => id),
      reactions.map(({ emoji }) => emoji),
      reactions.map(({ on }) => on),
      MAX_REACTION_EMOJI,
      MAX_LISTED_REACTION_USERS,
      skipLocked,
    ]);
    return reactions.map((_, index) => toEditResult<ReactResult>(rows[index]));
  };
}

/** The types cannot tell that the outcomes of a result are those of its row. */
function toEditResult<Result extends EditResult | ReactResult>(
  row: ChangeRow<Result> | RetryRow | undefined,
): Result | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  const hasMessage = outcome === 'changed' || outcome === 'same';
  return (hasMessage ? { outcome, message: toMessage(row as MessageRow) } : { outcome }) as Result;
}
