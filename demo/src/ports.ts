/** Reads the ports of the demo hosts. */

import type { Environment } from '@chatty/server';
import { StartError } from '@chatty/server';

/** 0-65535, 0 for any free one. Throws `StartError` naming the setting. */
export function readPort(environment: Environment, name: string, fallback: number): number {
  const text = environment[name] || String(fallback);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new StartError(`${name} must be a whole number from 0 to 65535, not "${text}".`);
}
