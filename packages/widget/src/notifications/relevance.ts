/** Decides which messages are a visitor's business, what of a message may stand outside the chat, and how often. */

import type { Chat } from '@chatty/client/chat';
import type { Message } from '@chatty/protocol/events';
import { type Piece, parse } from '../messages/markup-parser.js';

/** Of which messages one is told. */
export type Scope = 'mentions' | 'all';

/** Longest text outside the chat, in characters. */
const LONGEST = 200;

/** Calls the visitor by name, or answers a message of theirs. */
export async function concerns(message: Message, chat: Chat): Promise<boolean> {
  const { session } = chat;
  if (!session?.userId) return false;
  if (calls(parse(message.content, { own: session.username }))) return true;
  const { replyTo } = message;
  if (replyTo === null) return false;
  const answered = chat.find(replyTo) ?? (await chat.fetch(replyTo));
  return answered?.userId === session.userId;
}

const calls = (pieces: readonly Piece[]): boolean =>
  pieces.some(
    (piece) => typeof piece !== 'string' && (piece.kind === 'mention' ? piece.own : calls(piece.inside)),
  );

/** Without marks; what is hidden in the talk is hidden here. */
export function plainText(content: string): string {
  const text = (pieces: readonly Piece[]): string =>
    pieces
      .map((piece) =>
        typeof piece === 'string' ? piece : piece.kind === 'spoiler' ? '▒▒▒' : text(piece.inside),
      )
      .join('');
  const whole = Array.from(text(parse(content)));
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST - 1).join('')}…` : whole.join('');
}

/** Answers true at most once in so many milliseconds. */
export function createGate(pause: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < pause) return false;
    last = now;
    return true;
  };
}
