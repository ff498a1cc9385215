/** The server's log: one JSON line an event, no token, no message text. */

import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type Level = (typeof levels)[number];

/** @param destination where lines go; standard output unless told */
export function createLog(level: Level, destination?: DestinationStream): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}
