/** The server's log: one JSON line per event, without tokens or message texts. */

import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Longest text and stack in UTF-16 code units, so that clients cannot fill the disk. */
const MAX_FIELD_LENGTH = 500;
const MAX_STACK_LENGTH = 2_000;
/** Entries of a list or object in a field, and levels of nesting; the rest is cut. */
const MAX_FIELD_ENTRIES = 10;
const MAX_FIELD_DEPTH = 2;

/** @param destination receives the lines; without one, standard output */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: truncateFields },
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

function truncateFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, truncateValue(value, MAX_FIELD_DEPTH)]),
  );
}

function truncateValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return truncateText(value, MAX_FIELD_LENGTH);
  // Errors are handled by the serializer.
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value))
    return value.slice(0, MAX_FIELD_ENTRIES).map((item) => truncateValue(item, depth - 1));
  const entries = Object.entries(value).slice(0, MAX_FIELD_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, item]) => [truncateText(name, MAX_FIELD_LENGTH), truncateValue(item, depth - 1)]),
  );
}

function serializeError(error: unknown) {
  if (!(error instanceof Error)) return truncateText(String(error), MAX_FIELD_LENGTH);
  const { name, message, stack = '' } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return {
    type: name,
    message: truncateText(message, MAX_FIELD_LENGTH),
    stack: truncateText(stack, MAX_STACK_LENGTH),
    ...code,
  };
}

function truncateText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
