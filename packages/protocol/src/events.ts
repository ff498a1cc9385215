/** The events of the wire, typed once for both ends. docs/protocol.md describes each. */

import type { Refusal } from './codes.js';

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
  /** `id` of the message this one answers, or null. */
  replyTo: number | null;
  /** ISO 8601 in UTC, milliseconds. */
  created_at: string;
};

export const roles = ['member', 'moderator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who the server took the token's bearer for, and which log the positions that follow belong to. */
export type Session = {
  projectId: string;
  room: string;
  /** uuid of the room's log; positions of another epoch mean nothing here. */
  epoch: string;
  userId: string;
  username: string;
  avatar: string | null;
  role: Role;
};

export type SendPayload = { content: string; clientId?: string; replyTo?: number };

/** The stored message (its text as cleaned), or why it was refused. `duplicate`: this client id had been stored before. */
export type SendAnswer = { ok: true; message: Message; duplicate: boolean } | ({ ok: false } & Refusal);

export type ServerEvents = {
  /** First event after the connection; comes once the room can be read. */
  session: (session: Session) => void;
  /** The newest 50 messages, oldest first. */
  history: (messages: Message[]) => void;
  'chat message': (message: Message) => void;
  /** Answers an event that carried no acknowledgement callback. */
  refused: (refusal: Refusal & { event: string }) => void;
};

export type ClientEvents = {
  'chat message': (payload: string | SendPayload, ack?: (answer: SendAnswer) => void) => void;
};

/** `message` of the `connect_error` that refuses a token; part of the founding contract, to the letter. */
export const AUTHENTICATION_ERROR = 'Authentication error';
