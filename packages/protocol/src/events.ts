/** The events of the wire, typed once for both ends. docs/reference/protocol.md describes each. */

import type { Refusal } from './errors.js';

/** What people think of a message: how many, and the ids of the first of them, at most 50 and as many as have room. */
export type Reaction = { emoji: string; count: number; users: string[] };

/** One line of talk as every client sees it. Fields are added over time, never renamed. */
export type Message = {
  /** Ascending within the room, the `seq` it was created with. Never used again. */
  id: number;
  /** The number of the room's newest change to this message; equal to `id` until the message is changed. */
  seq: number;
  userId: string;
  username: string;
  /** https URL, or null. */
  avatar: string | null;
  content: string;
  /** The sender's own id for the message, or null where the sender gave none. */
  clientId: string | null;
  /** The role its author had when it was written; absent: a member. */
  role?: StaffRole;
  /** `id` of the message this one answers, or null. */
  replyTo: number | null;
  /** ISO 8601 in UTC, milliseconds. */
  created_at: string;
  /** When its author last changed the text; absent while nobody has. Same form as `created_at`. */
  edited_at?: string;
  /** When it was deleted; then `content` is empty, and the message keeps its place as a tombstone. */
  deleted_at?: string;
  /** In the order in which each emoji came; absent while there are none. */
  reactions?: Reaction[];
};

/** A place in a room's log: everything up to and including change `seq` of the log `epoch`. */
export type LogPosition = { epoch: string; seq: number };

export const roles = ['member', 'moderator', 'admin'] as const;
export type Role = (typeof roles)[number];
export type StaffRole = Exclude<Role, 'member'>;
/** A guest has no token: reads where the project allows it, and is nobody in particular. No token can claim it. */
export type RoleOrGuest = Role | 'guest';

/** Who the server took the token's bearer for (a guest: `userId` and `username` are empty), and which log the positions that follow belong to. */
export type Session = {
  projectId: string;
  room: string;
  /** uuid of the room's log; positions of another epoch mean nothing here. */
  epoch: string;
  userId: string;
  username: string;
  avatar: string | null;
  role: RoleOrGuest;
} & Partial<Permissions>;

/** What a member may do here as of now. In `session` what goes without saying is left out: nothing in the way, no slow mode. */
export type Permissions = {
  /** Why the member may not write; null: may. */
  write: Refusal | null;
  /** Milliseconds to leave between two messages; 0: none. */
  slowMode: number;
};

/** The newest change of the log that a client has, by which the server sees whether it is the same log still. */
export type KnownChange = Pick<Message, 'id' | 'seq' | 'created_at'>;
export type ResumePosition = LogPosition & { last?: KnownChange };

/** What the handshake carries in `auth`. The token is required, or of a guest the project; the rest is how our own client follows the log. */
export type HandshakeAuth = {
  token: string | null;
  /** The project a guest wants to read; beside a token it means nothing. */
  projectId?: string | undefined;
  /** The room of the project to be in; without it the main room. */
  room?: string | undefined;
  /** Asks for one `messages` frame a flush instead of an event a message. */
  batch?: boolean;
  /** Where the client stopped reading: the server sends what follows instead of the history, where it still can. */
  after?: ResumePosition;
};

/**
 * What became of the room between two positions: each message changed after `prev` up to and including `seq`, once, in
 * its latest state, ascending by `seq`. A client whose own position is lower than `prev` has missed something: `sync`.
 */
export type ChangeFrame = { epoch: string; prev: number; seq: number; messages: Message[] };

export type SendPayload = { content: string; clientId?: string; replyTo?: number };
export type EditPayload = { id: number; content: string };
export type DeletePayload = { id: number };
/** `on` false takes the reaction back. */
export type ReactPayload = { id: number; emoji: string; on: boolean };
/** The page of messages before this id; `limit` 1-100, else 50. */
export type HistoryPayload = { before: number; limit?: number };
export type SyncPayload = { after: LogPosition };
export type MembersPayload = { limit?: number };
export type RefreshPayload = { token: string };
/** `seconds` absent or null: for good. `messageId`: what it is for; the log keeps what it says now. */
export type SanctionPayload = {
  userId: string;
  seconds?: number | null;
  reason?: string | null;
  messageId?: number | null;
};
export type KickPayload = Omit<SanctionPayload, 'seconds'>;
export type LiftSanctionPayload = { userId: string };
/** Only the rules that are to change; null takes one back to its default. docs/operate/moderation.md lists them. */
export type RulesPayload = { rules: Record<string, unknown> };
/** Somebody who is typing. */
export type TypingUser = { userId: string; username: string };

export type RoomMember = { userId: string; username: string; avatar: string | null; role: Role };

type Answer<Value> = ({ ok: true } & Value) | ({ ok: false } & Refusal);
/** The stored message (its text as cleaned), or why it was refused. `duplicate`: this client id had been stored before. */
export type SendAnswer = Answer<{ message: Message; duplicate: boolean }>;
/** The message as it now stands. A repeat of the same change answers the same and takes no number. */
export type ChangeAnswer = Answer<{ message: Message }>;
/** Oldest first, each in its latest state, of the log `epoch`. `more`: there are older ones. */
export type HistoryAnswer = Answer<{ epoch: string; messages: Message[]; more: boolean }>;
/**
 * At most 300 changes after the position asked for; again from `seq` while it is below `head`. `reset`: the position is
 * of another log, or too far back to catch up; then `messages` are the newest as in `history`, at position `seq`.
 */
export type SyncAnswer = Answer<ChangeFrame & { head: number; reset: boolean }>;
export type TypingAnswer = Answer<object>;
/** When it ends, ISO 8601 in UTC; null: never. */
export type SanctionAnswer = Answer<{ until: string | null }>;
/** `lifted` false: there was nothing to lift. */
export type LiftSanctionAnswer = Answer<{ lifted: boolean }>;
/** All rules of the room, as they now are. */
export type RulesAnswer = Answer<{ rules: Record<string, unknown> }>;
/** When the token in force ends, ISO 8601 in UTC; null: never. */
export type RefreshAnswer = Answer<{ expiresAt: string | null }>;
/** People in the room now, each once however many tabs; `count` is of all, `members` at most `limit` (100). */
export type MembersAnswer = Answer<{ count: number; members: RoomMember[] }>;

export type ServerEvents = {
  /** First event after the connection; comes once the room can be read. */
  session: (session: Session) => void;
  /**
   * The newest 50 messages, oldest first, and the position they stand for. A batch member's first event or a reset. `anew`:
   * what the member had is not in this log, though it has the same epoch, as after a restored backup.
   */
  history: (messages: Message[], position: LogPosition & { anew?: true }) => void;
  'chat message': (message: Message) => void;
  /** For plain members; the whole message in its new state. */
  'message updated': (message: Message) => void;
  'message deleted': (message: Message) => void;
  /** For batch members; stands for the three events above. */
  messages: (frame: ChangeFrame) => void;
  /** The newest position, at least every 10 s when nothing else told it. A client below it has missed something. */
  head: (position: LogPosition) => void;
  /** How many people are in the room, unique by user; sent when it changes, at most every few seconds. */
  presence: (presence: { count: number }) => void;
  /** Somebody else is typing as of now; for batch members who are no guests, never stored. */
  typing: (user: TypingUser) => void;
  /** What the member may do has changed since `session`, or since the last of these. */
  permissions: (permissions: Permissions) => void;
  /** The token is about to end; without `auth refresh` the connection ends with it. Once, a minute before. */
  expiring: (notice: { expiresAt: string }) => void;
  /** The server is about to stop: connect again after a random part of `delay` milliseconds. */
  draining: (notice: { delay: number }) => void;
  /** Answers an event that carried no acknowledgement callback. */
  refused: (refusal: Refusal & { event: string }) => void;
};

export type ClientEvents = {
  'chat message': (payload: string | SendPayload, ack?: (answer: SendAnswer) => void) => void;
  /** Changes the text of one's own message. */
  'edit message': (payload: EditPayload, ack?: (answer: ChangeAnswer) => void) => void;
  /** Deletes one's own message; a moderator's deletes anybody's. */
  'delete message': (payload: DeletePayload, ack?: (answer: ChangeAnswer) => void) => void;
  /** Puts one's reaction on a message, or takes it back. */
  react: (payload: ReactPayload, ack?: (answer: ChangeAnswer) => void) => void;
  history: (payload: HistoryPayload, ack?: (answer: HistoryAnswer) => void) => void;
  sync: (payload: SyncPayload, ack?: (answer: SyncAnswer) => void) => void;
  members: (payload: MembersPayload, ack?: (answer: MembersAnswer) => void) => void;
  /** One is typing as of now. Told to the others of a small room, at most every 3 s. */
  typing: (payload: object, ack?: (answer: TypingAnswer) => void) => void;
  /** A newer token of the same person and project; one of anybody else ends the connection. */
  'auth refresh': (payload: RefreshPayload, ack?: (answer: RefreshAnswer) => void) => void;
  /** For moderators, upon those below them: they read, and do not write. */
  'mute member': (payload: SanctionPayload, ack?: (answer: SanctionAnswer) => void) => void;
  'unmute member': (payload: LiftSanctionPayload, ack?: (answer: LiftSanctionAnswer) => void) => void;
  /** They are cut off everywhere, and do not get in again until it ends. */
  'ban member': (payload: SanctionPayload, ack?: (answer: SanctionAnswer) => void) => void;
  'unban member': (payload: LiftSanctionPayload, ack?: (answer: LiftSanctionAnswer) => void) => void;
  /** They are cut off everywhere, and may come back after a minute. */
  'kick member': (payload: KickPayload, ack?: (answer: SanctionAnswer) => void) => void;
  /** For moderators: changes the rules of the room. */
  'set rules': (payload: RulesPayload, ack?: (answer: RulesAnswer) => void) => void;
};

/** `message` of the `connect_error` that refuses a token; part of the founding contract, to the letter. */
export const AUTHENTICATION_ERROR = 'Authentication error';
