/** Which of its own messages a member edits or deletes next, and what it is told of that. */

import type { Message } from '@chatty/protocol';
import { DELETED_HASH, type History, hashBody, hashMessageState } from '../checker/log-lines.js';

/** Share of what a member does that is an edit or a delete. */
export const CHANGE_PROBABILITY = 0.15;
/** Share of those that is a delete. */
const DELETE_PROBABILITY = 0.3;
/** Own messages that may be changed; the oldest are let go. */
const MAX_OWN_MESSAGES = 20;
/** Numbers after which a message is left alone: nobody's window is sure to reach further back. */
const MAX_CHANGE_DISTANCE_SEQ = 1_500;

export type Change = {
  id: number;
  /** Null: deletes it. */
  content: string | null;
  /** Of the message. */
  of: string;
  line: { actor: string; room: string; op: 'change'; cid: string; id: number; body_hash: string };
};

/** @param position the newest number the member has got to */
export function createChangeGenerator(options: {
  history: History;
  about: { actor: string; room: string };
  random: () => number;
  position: () => number;
}) {
  const { history, about, random, position } = options;
  let own: { id: number; cid: string }[] = [];
  let count = 0;
  const mine = (id: number, cid: string) => {
    own = [...own.slice(1 - MAX_OWN_MESSAGES), { id, cid }];
  };
  return {
    /** A message of its own is stored. */
    mine,
    /** Null where there is nothing to change. A message is not chosen again until `done`. */
    next(): Change | null {
      own = own.filter(({ id }) => position() - id < MAX_CHANGE_DISTANCE_SEQ);
      const chosen = own[Math.floor(random() * own.length)];
      if (!chosen) return null;
      own = own.filter((each) => each !== chosen);
      count += 1;
      const { id, cid: of } = chosen;
      const content =
        random() < DELETE_PROBABILITY ? null : createMessageText(`${of} changed ${count}`, random);
      const body_hash = content === null ? DELETED_HASH : hashBody(content);
      return { id, content, of, line: { ...about, op: 'change', cid: `${of}/${count}`, id, body_hash } };
    },
    done({ id, of, content, line }: Change, message: Message): void {
      history.add({
        ...line,
        kind: 'ok',
        id: message.id,
        seq: message.seq,
        body_hash: hashMessageState(message),
      });
      if (content !== null) mine(id, of);
    },
  };
}

const FILLER_TEXT = ['비트코인', '올라간다', 'to the moon', '🚀', 'ㅋㅋㅋ', '<b>', '\\u0000', '"'];

/** A line of talk of any length, most of them short. */
export function createMessageText(start: string, random: () => number): string {
  const words = Array.from({ length: Math.floor(random() ** 4 * 120) }, () => {
    return FILLER_TEXT[Math.floor(random() * FILLER_TEXT.length)];
  });
  return [start, ...words].join(' ');
}
