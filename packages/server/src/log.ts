/** The server's log: one JSON line an event, no token, no message text. */

import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type Level = (typeof levels)[number];

/** Longest text of a field and longest stack, in UTF-16 code units: what a stranger sends fills no disk. */
const FIELD = 500;
const STACK = 2_000;

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
  const short: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    short[name] = typeof value === 'string' ? cut(value, FIELD) : value;
  return short;
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
