/** Decides whether what arrived is of the form its event asks for, before anything else looks at it. */

import type { Code } from './codes.js';
import { CLIENT_ID, MESSAGE_BYTES, MESSAGE_GRAPHEMES, NESTING_DEPTH } from './limits.js';
import { cleanContent, exceedsGraphemes, hasInk } from './text.js';

export type Checked<Value> = { ok: true; value: Value } | { ok: false; code: Code };

/** A message that may be stored: its text is in stored form. */
export type Draft = { content: string; clientId: string | null; replyTo: number | null };

const encoder = new TextEncoder();

/** Reads the payload of `chat message`: the text itself, or `{ content, clientId?, replyTo? }`. Other keys are ignored. */
export function checkSend(payload: unknown): Checked<Draft> {
  if (typeof payload === 'string') return checkContent(payload, null, null);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return no('invalid');
  const { content, clientId = null, replyTo = null } = payload as Record<string, unknown>;
  if (typeof content !== 'string' || !isClientId(clientId) || !isMessageId(replyTo)) return no('invalid');
  return checkContent(content, clientId, replyTo);
}

function checkContent(text: string, clientId: string | null, replyTo: number | null): Checked<Draft> {
  const content = cleanContent(text);
  if (!hasInk(content)) return no('empty');
  if (exceedsGraphemes(content, MESSAGE_GRAPHEMES) || encoder.encode(content).length > MESSAGE_BYTES) {
    return no('too_long');
  }
  return { ok: true, value: { content, clientId, replyTo } };
}

/** Whether no argument nests deeper than the limit. Walks level by level, so depth cannot exhaust the stack. */
export function isShallow(values: readonly unknown[], depth = NESTING_DEPTH): boolean {
  let level: unknown[] = values.filter(isContainer);
  for (let left = depth; level.length > 0; left -= 1) {
    if (left === 0) return false;
    level = level.flatMap((value) => Object.values(value as object).filter(isContainer));
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isClientId(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && CLIENT_ID.test(value));
}

function isMessageId(value: unknown): value is number | null {
  return value === null || (Number.isSafeInteger(value) && (value as number) > 0);
}

function no(code: Code): { ok: false; code: Code } {
  return { ok: false, code };
}
