/** Decides whether what arrived is of the form its event asks for, before anything else looks at it. */

import type { Code } from './errors.js';
import type {
  LiftPayload,
  MembersPayload,
  Position,
  ReactPayload,
  ReadUpTo,
  RefreshPayload,
  RulesPayload,
  SanctionPayload,
} from './events.js';
import { cleanContent, exceedsGraphemes, hasInk, isEmoji } from './normalize-text.js';
import {
  CLIENT_ID,
  HISTORY_PAGE_SIZE,
  HISTORY_SIZE,
  MEMBERS_SIZE,
  MESSAGE_BYTES,
  MESSAGE_GRAPHEMES,
  NESTING_DEPTH,
  RAW_MESSAGE_LENGTH,
  REASON_LENGTH,
  SANCTION_SECONDS,
  TOKEN_LENGTH,
  USER_ID_LENGTH,
} from './sizes.js';

export type Checked<Value> = { ok: true; value: Value } | { ok: false; code: Code };

/** A message that may be stored: its text is in stored form. */
export type Draft = { content: string; clientId: string | null; replyTo: number | null };

/** A uuid has 36; what is longer is none of ours and never compared. */
const EPOCH_LENGTH = 64;
/** ISO 8601 to the millisecond has 24. */
const MOMENT_LENGTH = 40;
const encoder = new TextEncoder();

/** Reads the payload of `chat message`: the text itself, or `{ content, clientId?, replyTo? }`. Other keys are ignored. */
export function checkSend(payload: unknown): Checked<Draft> {
  if (typeof payload === 'string') return checkSend({ content: payload });
  if (Array.isArray(payload)) return no('invalid');
  const { content, clientId = null, replyTo = null } = fields(payload);
  if (typeof content !== 'string' || !isClientId(clientId) || !(replyTo === null || isId(replyTo)))
    return no('invalid');
  const checked = checkContent(content);
  return checked.ok ? { ok: true, value: { content: checked.value, clientId, replyTo } } : checked;
}

/** The text of a message, in stored form. */
export function checkContent(text: string): Checked<string> {
  if (text.length > RAW_MESSAGE_LENGTH) return no('too_long');
  const content = cleanContent(text);
  if (!hasInk(content)) return no('empty');
  // Bytes are counted at once, graphemes one by one.
  if (encoder.encode(content).length > MESSAGE_BYTES || exceedsGraphemes(content, MESSAGE_GRAPHEMES))
    return no('too_long');
  return { ok: true, value: content };
}

/** Reads the payload of `edit message`: the message's id and its new text, which comes back in stored form. */
export function checkEdit(payload: unknown): Checked<{ id: number; content: string }> {
  const { id, content } = fields(payload);
  if (!isId(id) || typeof content !== 'string') return no('invalid');
  const checked = checkContent(content);
  return checked.ok ? { ok: true, value: { id, content: checked.value } } : checked;
}

/** Reads the payload of `delete message`. */
export function checkDelete(payload: unknown): Checked<{ id: number }> {
  const { id } = fields(payload);
  return isId(id) ? { ok: true, value: { id } } : no('invalid');
}

/** Reads the payload of `react`. */
export function checkReact(payload: unknown): Checked<ReactPayload> {
  const { id, emoji, on } = fields(payload);
  if (!isId(id) || typeof emoji !== 'string' || !isEmoji(emoji) || typeof on !== 'boolean')
    return no('invalid');
  return { ok: true, value: { id, emoji, on } };
}

export function checkRefresh(payload: unknown): Checked<RefreshPayload> {
  const { token } = fields(payload);
  if (typeof token !== 'string' || token.length > TOKEN_LENGTH) return no('invalid');
  return { ok: true, value: { token } };
}

/** Reads the payload of `history`; a limit out of its range is moved into it. */
export function checkHistory(payload: unknown): Checked<{ before: number; limit: number }> {
  const { before, limit = HISTORY_SIZE } = fields(payload);
  if (!isId(before) || !isId(limit)) return no('invalid');
  return { ok: true, value: { before, limit: Math.min(limit, HISTORY_PAGE_SIZE) } };
}

/** Reads the payload of `sync`. */
export function checkSync(payload: unknown): Checked<{ after: Position }> {
  const after = readPosition(fields(payload).after);
  return after ? { ok: true, value: { after } } : no('invalid');
}

/** Reads the payload of `members`. */
export function checkMembers(payload: unknown): Checked<Required<MembersPayload>> {
  const { limit = MEMBERS_SIZE } = fields(payload);
  return isId(limit) ? { ok: true, value: { limit: Math.min(limit, MEMBERS_SIZE) } } : no('invalid');
}

/** Reads the payload of `typing`, which says nothing yet. */
export function checkTyping(payload: unknown): Checked<object> {
  return isContainer(payload) && !Array.isArray(payload) ? { ok: true, value: {} } : no('invalid');
}

/** Reads the payload of `mute member`, `ban member` and `kick member`; of an empty reason none is left. */
export function checkSanction(payload: unknown): Checked<Required<SanctionPayload>> {
  const { userId, seconds = null, reason = null, messageId = null } = fields(payload);
  if (!isUserId(userId) || !(messageId === null || isId(messageId))) return no('invalid');
  if (seconds !== null && !(isId(seconds) && seconds <= SANCTION_SECONDS)) return no('invalid');
  if (reason === null) return { ok: true, value: { userId, seconds, reason, messageId } };
  if (typeof reason !== 'string' || reason.length > REASON_LENGTH) return no('invalid');
  return { ok: true, value: { userId, seconds, reason: cleanContent(reason) || null, messageId } };
}

/** Reads the payload of `unmute member` and `unban member`. */
export function checkLift(payload: unknown): Checked<LiftPayload> {
  const { userId } = fields(payload);
  return isUserId(userId) ? { ok: true, value: { userId } } : no('invalid');
}

/** Reads the payload of `set rules`; which rules there are the server knows. */
export function checkRules(payload: unknown): Checked<RulesPayload> {
  const { rules } = fields(payload);
  if (!isContainer(rules) || Array.isArray(rules)) return no('invalid');
  return { ok: true, value: { rules: rules as Record<string, unknown> } };
}

/** A position from the network, or null where it is none. */
export function readPosition(value: unknown): Position | null {
  const { epoch, seq } = fields(value);
  if (typeof epoch !== 'string' || epoch.length > EPOCH_LENGTH) return null;
  return Number.isSafeInteger(seq) && (seq as number) >= 0 ? { epoch, seq: seq as number } : null;
}

/** Where a client says it stopped reading, or null where that is no position. A last change that is none is left out. */
export function readReadUpTo(value: unknown): ReadUpTo | null {
  const position = readPosition(value);
  const { id, seq, created_at } = fields(fields(value).last);
  if (!position || !isId(id) || !isId(seq) || typeof created_at !== 'string') return position;
  return created_at.length > MOMENT_LENGTH ? position : { ...position, last: { id, seq, created_at } };
}

/** The fields of an object; of anything else none. */
function fields(payload: unknown): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}

/** Whether no argument nests deeper than the limit. Walks level by level, so depth cannot exhaust the stack. */
export function isShallow(values: readonly unknown[], depth = NESTING_DEPTH): boolean {
  let level: object[] = values.filter(isContainer);
  for (let left = depth; level.length > 0; left -= 1) {
    if (left === 0) return false;
    const next: object[] = [];
    for (const container of level)
      for (const value of Array.isArray(container) ? container : Object.values(container))
        if (isContainer(value)) next.push(value);
    level = next;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isClientId(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && CLIENT_ID.test(value));
}

/** Whether a token could name somebody so: no database keeps a NUL, nor half of a character. */
export function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > USER_ID_LENGTH) return false;
  return !/[\p{Cc}\p{Cs}]/u.test(value);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function no(code: Code): { ok: false; code: Code } {
  return { ok: false, code };
}
