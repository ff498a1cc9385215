/** Types of all events and payloads, shared by both ends. docs/reference/protocol.md describes them. */

import type { Refusal } from './errors.js';

/** `count` is complete; `users` has the ids of the first users, at most 50 and limited in bytes. */
export type Reaction = { emoji: string; count: number; users: string[] };

/** A message as clients receive it. Fields are added over time, never renamed. */
export type Message = {
  /** Ascends within the room: the `seq` the message was created with. Never reused. */
  id: number;
  /** `seq` of the latest change of this message; equal to `id` until the message is changed. */
  seq: number;
  userId: string;
  username: string;
  /** https URL, or null. */
  avatar: string | null;
  content: string;
  /** The id that the sender's client gave the message, or null. */
  clientId: string | null;
  /** The author's role at the time of writing; absent: member. */
  role?: StaffRole;
  /** `id` of the message this one replies to, or null. */
  replyTo: number | null;
  /** ISO 8601 in UTC, milliseconds. */
  created_at: string;
  /** When the author last changed the text; absent if never. Same format as `created_at`. */
  edited_at?: string;
  /** When it was deleted. Then `content` is empty, and the message stays as a tombstone. */
  deleted_at?: string;
  /** In the order of first use; absent if there are none. */
  reactions?: Reaction[];
};

/** A position in a room's log: all changes up to and including `seq` of the log `epoch`. */
export type LogPosition = { epoch: string; seq: number };

export const roles = ['member', 'moderator', 'admin'] as const;
export type Role = (typeof roles)[number];
export type StaffRole = Exclude<Role, 'member'>;
/** A guest has no token and may read if the project allows it. No token can claim the role. */
export type RoleOrGuest = Role | 'guest';

/** The authenticated member (for a guest `userId` and `username` are empty) and the log that later positions refer to. */
export type Session = {
  projectId: string;
  room: string;
  /** uuid of the room's log; positions of another epoch are invalid. */
  epoch: string;
  userId: string;
  username: string;
  avatar: string | null;
  role: RoleOrGuest;
} & Partial<Permissions>;

/** What the member may do now. `session` omits both fields if nothing restricts the member. */
export type Permissions = {
  /** Why the member may not write; null: may write. */
  write: Refusal | null;
  /** Minimum milliseconds between two messages; 0: off. */
  slowMode: number;
};

/** The latest change a client has, which tells the server whether it is still the same log. */
export type KnownChange = Pick<Message, 'id' | 'seq' | 'created_at'>;
export type ResumePosition = LogPosition & { last?: KnownChange };

/** `auth` of the handshake. Members send a token, guests a project. `batch` and `after` are for clients that follow the log. */
export type HandshakeAuth = {
  token: string | null;
  /** The project a guest wants to read; ignored if there is a token. */
  projectId?: string | undefined;
  /** Default: the main room. */
  room?: string | undefined;
  /** Requests one `messages` frame per flush instead of one event per message. */
  batch?: boolean;
  /** Where the client stopped reading: the server sends the changes after it instead of the history, if it can. */
  after?: ResumePosition;
};

/**
 * The changes between two positions: each message that changed after `prev` up to and including `seq`, once, in its latest
 * state, ascending by `seq`. A client whose position is lower than `prev` has missed something and sends `sync`.
 */
export type ChangeFrame = { epoch: string; prev: number; seq: number; messages: Message[] };

export type SendPayload = { content: string; clientId?: string; replyTo?: number };
export type EditPayload = { id: number; content: string };
export type DeletePayload = { id: number };
/** `on: false` removes the reaction. */
export type ReactPayload = { id: number; emoji: string; on: boolean };
/** The page of messages before this id; `limit` 1-100, default 50. */
export type HistoryPayload = { before: number; limit?: number };
export type SyncPayload = { after: LogPosition };
export type MembersPayload = { limit?: number };
export type RefreshPayload = { token: string };
/** `seconds` absent or null: permanent. `messageId`: the reason; the audit log records its current text. */
export type SanctionPayload = {
  userId: string;
  seconds?: number | null;
  reason?: string | null;
  messageId?: number | null;
};
export type KickPayload = Omit<SanctionPayload, 'seconds'>;
export type LiftSanctionPayload = { userId: string };
/** Only the rules to change; null restores a default. docs/operate/moderation.md lists them. */
export type RulesPayload = { rules: Record<string, unknown> };
export type TypingUser = { userId: string; username: string };

export type RoomMember = { userId: string; username: string; avatar: string | null; role: Role };

type Answer<Value> = ({ ok: true } & Value) | ({ ok: false } & Refusal);
/** The stored message with its normalized text. `duplicate`: the client id was already stored. */
export type SendAnswer = Answer<{ message: Message; duplicate: boolean }>;
/** The message in its new state. A repetition of the same change returns the same and takes no `seq`. */
export type ChangeAnswer = Answer<{ message: Message }>;
/** Oldest first, each in its latest state, of the log `epoch`. `more`: older messages exist. */
export type HistoryAnswer = Answer<{ epoch: string; messages: Message[]; more: boolean }>;
/**
 * At most 300 changes after the requested position. While `seq` is below `head`, request again from `seq`. `reset`: the
 * position is of another log or too old; then `messages` are the newest ones, as in `history`, at position `seq`.
 */
export type SyncAnswer = Answer<ChangeFrame & { head: number; reset: boolean }>;
export type TypingAnswer = Answer<object>;
/** When the sanction ends, ISO 8601 in UTC; null: never. */
export type SanctionAnswer = Answer<{ until: string | null }>;
/** `lifted` false: there was nothing to lift. */
export type LiftSanctionAnswer = Answer<{ lifted: boolean }>;
/** All rules of the room. */
export type RulesAnswer = Answer<{ rules: Record<string, unknown> }>;
/** When the current token expires, ISO 8601 in UTC; null: never. */
export type RefreshAnswer = Answer<{ expiresAt: string | null }>;
/** People in the room, each once regardless of tabs. `count` is complete, `members` has at most `limit` (100). */
export type MembersAnswer = Answer<{ count: number; members: RoomMember[] }>;

export type ServerEvents = {
  /** First event after connecting, once the room can be read. */
  session: (session: Session) => void;
  /**
   * The newest 50 messages, oldest first, and their position. Replaces everything the client knew. `anew`: the client's
   * latest change is not in this log although the epoch is the same, as after a restored backup.
   */
  history: (messages: Message[], position: LogPosition & { anew?: true }) => void;
  'chat message': (message: Message) => void;
  /** For plain clients: the whole message in its new state. */
  'message updated': (message: Message) => void;
  'message deleted': (message: Message) => void;
  /** For batch clients, instead of the three events above. */
  messages: (frame: ChangeFrame) => void;
  /** The latest position, at least every 10 s unless another event carried it. A client below it has missed something. */
  head: (position: LogPosition) => void;
  /** Number of people in the room; sent on change, at most every few seconds. */
  presence: (presence: { count: number }) => void;
  /** Somebody else is typing; for batch clients of members, never stored. */
  typing: (user: TypingUser) => void;
  /** The member's permissions changed. */
  permissions: (permissions: Permissions) => void;
  /** Once, a minute before the token expires. Without `auth refresh` the connection ends with it. */
  expiring: (notice: { expiresAt: string }) => void;
  /** The server is shutting down: reconnect after a random part of `delay` milliseconds. */
  draining: (notice: { delay: number }) => void;
  /** An event without an acknowledgement callback was refused, or the connection is being closed. */
  refused: (refusal: Refusal & { event: string }) => void;
};

export type ClientEvents = {
  'chat message': (payload: string | SendPayload, ack?: (answer: SendAnswer) => void) => void;
  /** Changes the text of the member's own message. */
  'edit message': (payload: EditPayload, ack?: (answer: ChangeAnswer) => void) => void;
  /** Deletes the member's own message, or one of a member who ranks below. */
  'delete message': (payload: DeletePayload, ack?: (answer: ChangeAnswer) => void) => void;
  /** Adds or removes the member's reaction. */
  react: (payload: ReactPayload, ack?: (answer: ChangeAnswer) => void) => void;
  history: (payload: HistoryPayload, ack?: (answer: HistoryAnswer) => void) => void;
  sync: (payload: SyncPayload, ack?: (answer: SyncAnswer) => void) => void;
  members: (payload: MembersPayload, ack?: (answer: MembersAnswer) => void) => void;
  /** The member is typing. Forwarded in small rooms, at most every 3 s. */
  typing: (payload: object, ack?: (answer: TypingAnswer) => void) => void;
  /** A newer token of the same person and project; a token of another person ends the connection. */
  'auth refresh': (payload: RefreshPayload, ack?: (answer: RefreshAnswer) => void) => void;
  /** For moderators, on members who rank below them: they can read but not write. */
  'mute member': (payload: SanctionPayload, ack?: (answer: SanctionAnswer) => void) => void;
  'unmute member': (payload: LiftSanctionPayload, ack?: (answer: LiftSanctionAnswer) => void) => void;
  /** Closes all connections of the member and refuses new ones until the ban ends. */
  'ban member': (payload: SanctionPayload, ack?: (answer: SanctionAnswer) => void) => void;
  'unban member': (payload: LiftSanctionPayload, ack?: (answer: LiftSanctionAnswer) => void) => void;
  /** A ban of one minute. */
  'kick member': (payload: KickPayload, ack?: (answer: SanctionAnswer) => void) => void;
  /** For moderators: changes the rules of the room. */
  'set rules': (payload: RulesPayload, ack?: (answer: RulesAnswer) => void) => void;
};

/** `message` of the `connect_error` for a refused token. Clients compare it literally: it never changes. */
export const AUTHENTICATION_ERROR = 'Authentication error';
