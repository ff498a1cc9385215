/** Decides which messages are relevant to the visitor, which text of them may be shown outside the chat, and how often. */

import type { ChatClient } from '@chatty/client';
import type { Message } from '@chatty/protocol';
import { type MarkupPiece, parseMarkup } from '../messages/markup-parser.js';

/** Which messages are announced. */
export type NotificationScope = 'mentions' | 'all';

/** Longest text outside the chat, in characters. */
const MAX_NOTIFICATION_LENGTH = 200;

/** Calls the visitor by name, or answers a message of theirs. */
export async function isRelevant(message: Message, chat: ChatClient): Promise<boolean> {
  const { session } = chat;
  if (!session?.userId) return false;
  if (mentionsVisitor(parseMarkup(message.content, { own: session.username }))) return true;
  const { replyTo } = message;
  if (replyTo === null) return false;
  const repliedMessage = chat.find(replyTo) ?? (await chat.fetch(replyTo));
  return repliedMessage?.userId === session.userId;
}

const mentionsVisitor = (pieces: readonly MarkupPiece[]): boolean =>
  pieces.some(
    (piece) =>
      typeof piece !== 'string' && (piece.kind === 'mention' ? piece.own : mentionsVisitor(piece.children)),
  );

/** Without marks; what is hidden in the talk is hidden here. */
export function plainText(content: string): string {
  const toText = (pieces: readonly MarkupPiece[]): string =>
    pieces
      .map((piece) =>
        typeof piece === 'string' ? piece : piece.kind === 'spoiler' ? '▒▒▒' : toText(piece.children),
      )
      .join('');
  const characters = Array.from(toText(parseMarkup(content)));
  return characters.length > MAX_NOTIFICATION_LENGTH
    ? `${characters.slice(0, MAX_NOTIFICATION_LENGTH - 1).join('')}…`
    : characters.join('');
}

/** Answers true at most once in so many milliseconds. */
export function createThrottle(intervalMs: number): () => boolean {
  let lastAllowedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - lastAllowedAt < intervalMs) return false;
    lastAllowedAt = now;
    return true;
  };
}
