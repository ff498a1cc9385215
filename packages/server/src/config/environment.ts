/** Loads settings from the environment and from `.env` in the working directory; the environment takes precedence. */

import { readFileSync } from 'node:fs';
import { StartError } from '../runtime/startup-error.js';
import { type Environment, SETTING_NAMES } from './config.js';
import { type EnvEntry, parseEnvFile } from './env-file.js';
import { unknownNameWarnings } from './setting-names.js';

/**
 * The environment overrides the `.env` file of `folder`. Variables that PostgreSQL's client reads by itself (`PGSSLMODE`) are
 * copied from the file into `environment`.
 *
 * @param environment of this process
 * @throws StartError with the rejected lines of the file
 */
export function loadEnvironment(
  folder: string,
  environment: Environment,
): { environment: Environment; warnings: string[] } {
  const bytes = readFileIfExists(`${folder}/.env`);
  const { entries, errors } = bytes === null ? { entries: [], errors: [] } : parseEnvFile(bytes);
  if (errors.length > 0) throw new StartError(`The file .env cannot be read:\n  ${errors.join('\n  ')}`);
  const warnings = [
    ...repeatedNameWarnings(entries),
    ...unknownNameWarnings({ names: SETTING_NAMES, fileEntries: entries, environment }),
  ];
  const fileValues = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(fileValues))
    if (name.startsWith('PG') && environment[name] === undefined) environment[name] = value;
  return { environment: { ...fileValues, ...environment }, warnings };
}

function repeatedNameWarnings(entries: readonly EnvEntry[]): string[] {
  const lineByName = new Map<string, number>();
  const warnings: string[] = [];
  for (const { name, line } of entries) {
    const earlierLine = lineByName.get(name);
    if (earlierLine !== undefined)
      warnings.push(`${name} is set in lines ${earlierLine} and ${line} of .env. The last one applies.`);
    lineByName.set(name, line);
  }
  return warnings;
}

function readFileIfExists(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
