/** The server's log: one JSON line an event, no token, no message text. */

import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type Level = (typeof levels)[number];

/** Longest text of a field and longest stack, in UTF-16 code units: what a stranger sends fills no disk. */
const FIELD = 500;
const STACK = 2_000;
/** Most entries of a list or an object in a field, and how deep they are looked into. */
const ENTRIES = 10;
const DEPTH = 2;

/** @param destination where lines go; standard output unless told */
export function createLog(level: Level, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: shorten },
    serializers: { err: describe },
  };
  return destination ? pino(options, destination) : pino(options);
}

function shorten(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, bound(value, DEPTH)]));
}

function bound(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value, FIELD);
  // An error is described by its serializer.
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ENTRIES).map((each) => bound(each, depth - 1));
  const entries = Object.entries(value).slice(0, ENTRIES);
  return Object.fromEntries(entries.map(([name, each]) => [cut(name, FIELD), bound(each, depth - 1)]));
}

function describe(error: unknown) {
  if (!(error instanceof Error)) return cut(String(error), FIELD);
  const { name, message, stack = '' } = error;
  const code = 'code' in error ? { code: error.code } : {};
  return { type: name, message: cut(message, FIELD), stack: cut(stack, STACK), ...code };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
