/** Which columns a message is read from, and how a row becomes a message of the wire contract. */

import type { Message, Reaction, StaffRole } from '@chatty/protocol';
import { MAX_REACTION_USERS_BYTES } from '@chatty/protocol';

/** The columns that `toMessage` reads. @param row the alias of the `messages` row in the query */
export const messageColumns = (row: string): string =>
  [
    'id',
    'seq',
    'user_id',
    'username',
    'avatar',
    'content',
    'client_id',
    'reply_to',
    'created_at',
    'edited_at',
    'deleted_at',
    'reactions',
    'role',
  ]
    .map((column) => `${row}.${column}`)
    .join(', ');

export type MessageRow = {
  id: number;
  seq: number;
  user_id: string;
  username: string;
  avatar: string | null;
  content: string;
  client_id: string | null;
  reply_to: number | null;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  reactions: Reaction[] | null;
  role: StaffRole | null;
};

/** Begins a client id that the server made up. A client's own id contains no space. */
export const SERVER_CLIENT_ID_PREFIX = ' ';

export function toMessage(row: MessageRow): Message {
  const message: Message = {
    id: row.id,
    seq: row.seq,
    userId: row.user_id,
    username: row.username,
    avatar: row.avatar,
    content: row.content,
    clientId: row.client_id?.startsWith(SERVER_CLIENT_ID_PREFIX) ? null : row.client_id,
    replyTo: row.reply_to,
    created_at: row.created_at,
  };
  if (row.role) message.role = row.role;
  if (row.edited_at) message.edited_at = row.edited_at;
  if (row.deleted_at) message.deleted_at = row.deleted_at;
  if (row.reactions) message.reactions = limitReactionUsers(row.reactions);
  return message;
}

/** Names only as many people as fit: a page or a frame of such messages must stay small enough to be received. */
function limitReactionUsers(reactions: Reaction[]): Reaction[] {
  const bytesPerReaction = MAX_REACTION_USERS_BYTES / reactions.length;
  return reactions.map((reaction) => {
    let bytes = 0;
    const end = reaction.users.findIndex((user) => {
      bytes += Buffer.byteLength(JSON.stringify(user)) + 1;
      return bytes > bytesPerReaction;
    });
    return end < 0 ? reaction : { ...reaction, users: reaction.users.slice(0, end) };
  });
}
