/** What one flush says to the database, for new messages and for changes of old ones, and how its answer is read. */

import type { Draft } from '@chatty/protocol/check';
import type { Message } from '@chatty/protocol/events';
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

const APPEND_FEW = { name: 'append few', text: 'SELECT * FROM append_few($1, $2, $3, $4, $5, $6, $7, $8)' };
const APPEND_MANY = {
  name: 'append many',
  text: 'SELECT * FROM append_messages($1, $2, $3, $4, $5, $6, $7, $8, $9)',
};
/** Up to here a loop over the rows is cheaper for the database than one statement for all; measured in docs/decisions/0007. */
const FEW = 32;
const CHANGE = {
  name: 'change',
  text: 'SELECT c.outcome, (c.message).* FROM change_messages($1, $2, $3, $4, $5, $6) c',
};

/** A job in a room that somebody keeps, or one that depends on another of its flush. */
type ComeAgain = { outcome: null };
type AppendRow = Omit<MessageRow, 'user_id' | 'client_id' | 'reply_to'> & { outcome: Appended['outcome'] };
/** A stored message's texts are NULL: they are those of the draft. */
type FewRow = { n: number } & (
  | AppendRow
  | { outcome: 'stored'; id: number; seq: number; created_at: string; content: null }
);
type ChangeRow = MessageRow & { outcome: Changed['outcome'] };

/** What a row costs beside its texts while it waits, in bytes; an estimate. */
const OVERHEAD = 500;

export const weighAppend = ({ draft }: Append): number => OVERHEAD + 2 * draft.content.length;
export const weighChange = ({ content }: Change): number => OVERHEAD + 2 * (content?.length ?? 0);

export function createAppendFlush(query: Query): Flush<Append, Appended> {
  async function few(appends: readonly Append[]): Promise<(Appended | null)[]> {
    const results: (Appended | null)[] = appends.map(() => null);
    for (const row of await query<FewRow>(APPEND_FEW, columnsOf(appends))) {
      const append = appends[row.n - 1];
      if (append) results[row.n - 1] = toAppended(row, append);
    }
    return results;
  }

  async function many(appends: readonly Append[], passing: boolean): Promise<(Appended | null)[]> {
    const rows = await query<AppendRow | ComeAgain>(APPEND_MANY, [...columnsOf(appends), passing]);
    return appends.map((append, index) => toAppended(rows[index], append));
  }

  return (appends, passing) => (appends.length <= FEW && !passing ? few(appends) : many(appends, passing));
}

function columnsOf(appends: readonly Append[]): unknown[][] {
  return [
    appends.map(({ project }) => project),
    appends.map(({ room }) => room),
    appends.map(({ author }) => author.userId),
    appends.map(({ author }) => author.username),
    appends.map(({ author }) => author.avatar),
    appends.map(({ draft }) => draft.content),
    appends.map(({ client }) => client),
    appends.map(({ draft }) => draft.replyTo),
  ];
}

function toAppended(row: AppendRow | FewRow | ComeAgain | undefined, append: Append): Appended | null {
  if (row === undefined || row.outcome === null) return null;
  const { outcome } = row;
  if (outcome === 'conflict' || outcome === 'not_found') return { outcome };
  const { author, draft, client } = append;
  const madeHere = client.startsWith(SERVER_MADE);
  const texts = row.content === null ? { ...author, content: draft.content } : row;
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
  if ('edited_at' in row && row.edited_at) message.edited_at = row.edited_at;
  if ('deleted_at' in row && row.deleted_at) message.deleted_at = row.deleted_at;
  // Only a flush that was tried again can meet an id that the server made up.
  return { outcome: madeHere ? 'stored' : outcome, message };
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
