/** Validates the payload of each event. */

import type { RefusalCode } from './errors.js';
import type {
  LiftSanctionPayload,
  LogPosition,
  MembersPayload,
  ReactPayload,
  RefreshPayload,
  ResumePosition,
  RulesPayload,
  SanctionPayload,
} from './events.js';
import { cleanContent, exceedsGraphemes, hasVisibleText, isEmoji } from './normalize-text.js';
import {
  CLIENT_ID_PATTERN,
  HISTORY_SIZE,
  MAX_HISTORY_PAGE_SIZE,
  MAX_MEMBERS_PAGE_SIZE,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_GRAPHEMES,
  MAX_NESTING_DEPTH,
  MAX_RAW_MESSAGE_LENGTH,
  MAX_REASON_LENGTH,
  MAX_SANCTION_SECONDS,
  MAX_TOKEN_LENGTH,
  MAX_USER_ID_LENGTH,
} from './sizes.js';

export type Validated<Value> = { ok: true; value: Value } | { ok: false; code: RefusalCode };

/** A valid new message with normalized text. */
export type Draft = { content: string; clientId: string | null; replyTo: number | null };

/** A uuid has 36 characters; a longer epoch is not ours. */
const MAX_EPOCH_LENGTH = 64;
/** ISO 8601 with milliseconds has 24 characters. */
const MAX_TIMESTAMP_LENGTH = 40;
const utf8Encoder = new TextEncoder();

/** Validates `chat message`: the text, or `{ content, clientId?, replyTo? }`. Other keys are ignored. */
export function validateSend(payload: unknown): Validated<Draft> {
  if (typeof payload === 'string') return validateSend({ content: payload });
  if (Array.isArray(payload)) return invalid('invalid');
  const { content, clientId = null, replyTo = null } = fieldsOf(payload);
  if (
    typeof content !== 'string' ||
    !isClientId(clientId) ||
    !(replyTo === null || isPositiveInteger(replyTo))
  )
    return invalid('invalid');
  const validated = validateContent(content);
  return validated.ok ? { ok: true, value: { content: validated.value, clientId, replyTo } } : validated;
}

/** The normalized text of a message. */
export function validateContent(text: string): Validated<string> {
  if (text.length > MAX_RAW_MESSAGE_LENGTH) return invalid('too_long');
  const content = cleanContent(text);
  if (!hasVisibleText(content)) return invalid('empty');
  // Counting bytes is cheap, counting graphemes is not.
  if (
    utf8Encoder.encode(content).length > MAX_MESSAGE_BYTES ||
    exceedsGraphemes(content, MAX_MESSAGE_GRAPHEMES)
  )
    return invalid('too_long');
  return { ok: true, value: content };
}

/** Validates `edit message`; the text is returned normalized. */
export function validateEdit(payload: unknown): Validated<{ id: number; content: string }> {
  const { id, content } = fieldsOf(payload);
  if (!isPositiveInteger(id) || typeof content !== 'string') return invalid('invalid');
  const validated = validateContent(content);
  return validated.ok ? { ok: true, value: { id, content: validated.value } } : validated;
}

/** Validates `delete message`. */
export function validateDelete(payload: unknown): Validated<{ id: number }> {
  const { id } = fieldsOf(payload);
  return isPositiveInteger(id) ? { ok: true, value: { id } } : invalid('invalid');
}

/** Validates `react`. */
export function validateReact(payload: unknown): Validated<ReactPayload> {
  const { id, emoji, on } = fieldsOf(payload);
  if (!isPositiveInteger(id) || typeof emoji !== 'string' || !isEmoji(emoji) || typeof on !== 'boolean')
    return invalid('invalid');
  return { ok: true, value: { id, emoji, on } };
}

export function validateRefresh(payload: unknown): Validated<RefreshPayload> {
  const { token } = fieldsOf(payload);
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) return invalid('invalid');
  return { ok: true, value: { token } };
}

/** Validates `history`; a limit outside the range is clamped. */
export function validateHistory(payload: unknown): Validated<{ before: number; limit: number }> {
  const { before, limit = HISTORY_SIZE } = fieldsOf(payload);
  if (!isPositiveInteger(before) || !isPositiveInteger(limit)) return invalid('invalid');
  return { ok: true, value: { before, limit: Math.min(limit, MAX_HISTORY_PAGE_SIZE) } };
}

/** Validates `sync`. */
export function validateSync(payload: unknown): Validated<{ after: LogPosition }> {
  const after = readPosition(fieldsOf(payload).after);
  return after ? { ok: true, value: { after } } : invalid('invalid');
}

/** Validates `members`. */
export function validateMembers(payload: unknown): Validated<Required<MembersPayload>> {
  const { limit = MAX_MEMBERS_PAGE_SIZE } = fieldsOf(payload);
  return isPositiveInteger(limit)
    ? { ok: true, value: { limit: Math.min(limit, MAX_MEMBERS_PAGE_SIZE) } }
    : invalid('invalid');
}

/** Validates `typing`, which has no fields. */
export function validateTyping(payload: unknown): Validated<object> {
  return isObjectOrArray(payload) && !Array.isArray(payload) ? { ok: true, value: {} } : invalid('invalid');
}

/** Validates `mute member`, `ban member` and `kick member`; an empty reason becomes null. */
export function validateSanction(payload: unknown): Validated<Required<SanctionPayload>> {
  const { userId, seconds = null, reason = null, messageId = null } = fieldsOf(payload);
  if (!isUserId(userId) || !(messageId === null || isPositiveInteger(messageId))) return invalid('invalid');
  if (seconds !== null && !(isPositiveInteger(seconds) && seconds <= MAX_SANCTION_SECONDS))
    return invalid('invalid');
  if (reason === null) return { ok: true, value: { userId, seconds, reason, messageId } };
  if (typeof reason !== 'string' || reason.length > MAX_REASON_LENGTH) return invalid('invalid');
  return { ok: true, value: { userId, seconds, reason: cleanContent(reason) || null, messageId } };
}

/** Validates `unmute member` and `unban member`. */
export function validateLift(payload: unknown): Validated<LiftSanctionPayload> {
  const { userId } = fieldsOf(payload);
  return isUserId(userId) ? { ok: true, value: { userId } } : invalid('invalid');
}

/** Validates the shape of `set rules`; the server validates the rules themselves. */
export function validateRules(payload: unknown): Validated<RulesPayload> {
  const { rules } = fieldsOf(payload);
  if (!isObjectOrArray(rules) || Array.isArray(rules)) return invalid('invalid');
  return { ok: true, value: { rules: rules as Record<string, unknown> } };
}

/** A position from the network, or null if invalid. */
export function readPosition(value: unknown): LogPosition | null {
  const { epoch, seq } = fieldsOf(value);
  if (typeof epoch !== 'string' || epoch.length > MAX_EPOCH_LENGTH) return null;
  return Number.isSafeInteger(seq) && (seq as number) >= 0 ? { epoch, seq: seq as number } : null;
}

/** The position where a client stopped reading, or null if invalid. An invalid last change is dropped. */
export function readReadUpTo(value: unknown): ResumePosition | null {
  const position = readPosition(value);
  const { id, seq, created_at } = fieldsOf(fieldsOf(value).last);
  if (!position || !isPositiveInteger(id) || !isPositiveInteger(seq) || typeof created_at !== 'string')
    return position;
  return created_at.length > MAX_TIMESTAMP_LENGTH ? position : { ...position, last: { id, seq, created_at } };
}

/** The fields of an object; empty for anything else. */
function fieldsOf(payload: unknown): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}

/** Whether no argument nests deeper than the limit. Iterates level by level, so depth cannot overflow the stack. */
export function isWithinDepth(values: readonly unknown[], depth = MAX_NESTING_DEPTH): boolean {
  let level: object[] = values.filter(isObjectOrArray);
  for (let remainingDepth = depth; level.length > 0; remainingDepth -= 1) {
    if (remainingDepth === 0) return false;
    const next: object[] = [];
    for (const container of level)
      for (const value of Array.isArray(container) ? container : Object.values(container))
        if (isObjectOrArray(value)) next.push(value);
    level = next;
  }
  return true;
}

function isObjectOrArray(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isClientId(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && CLIENT_ID_PATTERN.test(value));
}

/** Whether it is a valid user id: the database cannot store NUL or unpaired surrogates. */
export function isUserId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_USER_ID_LENGTH) return false;
  return !/[\p{Cc}\p{Cs}]/u.test(value);
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function invalid(code: RefusalCode): { ok: false; code: RefusalCode } {
  return { ok: false, code };
}
