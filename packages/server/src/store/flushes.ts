/** What one flush says to the database, for new messages and for changes of old ones, and how its answer is read. */

import type { Draft } from '@chatty/protocol/check';
import { type MessageRow, type Query, SERVER_MADE, toMessage } from './database.js';
import type { Appended, Author, Changed, ProjectId } from './store.js';
import type { Flush } from './writer.js';

export type Append = {
  project: ProjectId;
  room: string;
  author: Author;
  draft: Draft;
  /** The client's id of the message, or one that the server made up so that a retry stores it once. */
  client: string;
};

/** `content` null: deletes it. */
export type Change = { project: ProjectId; room: string; userId: string; id: number; content: string | null };

const APPEND = {
  name: 'append',
  text: 'SELECT * FROM append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9)',
};
const CHANGE = {
  name: 'change',
  text: 'SELECT c.outcome, (c.message).* FROM change_messages($1, $2, $3, $4, $5, $6) c',
};

/** A job in a room that somebody keeps, or one that depends on another of its flush. */
type ComeAgain = { outcome: null };
type AppendRow = Omit<MessageRow, 'user_id' | 'client_id' | 'reply_to'> & { outcome: Appended['outcome'] };
type ChangeRow = MessageRow & { outcome: Changed['outcome'] };

/** What a row costs beside its texts while it waits, in bytes; an estimate. */
const OVERHEAD = 500;

export const weighAppend = ({ draft }: Append): number => OVERHEAD + 2 * draft.content.length;
export const weighChange = ({ content }: Change): number => OVERHEAD + 2 * (content?.length ?? 0);

export function createAppendFlush(query: Query): Flush<Append, Appended> {
  return async (appends, passing) => {
    const rows = await query<AppendRow | ComeAgain>(APPEND, [
      appends.map(({ project }) => project),
      appends.map(({ room }) => room),
      appends.map(({ author }) => author.userId),
      appends.map(({ author }) => author.username),
      appends.map(({ author }) => author.avatar),
      appends.map(({ draft }) => draft.content),
      appends.map(({ client }) => client),
      appends.map(({ draft }) => draft.replyTo),
      passing,
    ]);
    return appends.map((append, index) => toAppended(rows[index], append));
  };
}

function toAppended(
  row: AppendRow | ComeAgain | undefined,
  { author, draft, client }: Append,
): Appended | null {
  if (row === undefined || row.outcome === null) return null;
  if (row.outcome === 'conflict' || row.outcome === 'not_found') return { outcome: row.outcome };
  const message = toMessage({
    ...row,
    user_id: author.userId,
    client_id: client,
    reply_to: draft.replyTo,
  });
  // Only a flush that was tried again can meet an id that the server made up.
  return { outcome: client.startsWith(SERVER_MADE) ? 'stored' : row.outcome, message };
}

export function createChangeFlush(query: Query): Flush<Change, Changed> {
  return async (changes, passing) => {
    const rows = await query<ChangeRow | ComeAgain>(CHANGE, [
      changes.map(({ project }) => project),
      changes.map(({ room }) => room),
      changes.map(({ userId }) => userId),
      changes.map(({ id }) => id),
      changes.map(({ content }) => content),
      passing,
    ]);
    return changes.map((_, index) => toChanged(rows[index]));
  };
}

function toChanged(row: ChangeRow | ComeAgain | undefined): Changed | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  return outcome === 'changed' || outcome === 'same' ? { outcome, message: toMessage(row) } : { outcome };
}
