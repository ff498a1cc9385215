/** Where settings come from: the environment, and under it the `.env` file of the folder that the server is started in. */

import { readFileSync } from 'node:fs';
import { StartError } from '../runtime/startup-error.js';
import { type Environment, SETTING_NAMES } from './config.js';
import { type EnvEntry, parseEnvFile } from './env-file.js';
import { warnOfNames } from './setting-names.js';

/**
 * What is set in the environment wins over the `.env` file of `folder`. What PostgreSQL's client reads by itself (`PGSSLMODE`)
 * is put into `environment` where the file has it.
 *
 * @param environment of this process
 * @throws StartError with the lines of the file that are refused
 */
export function loadEnvironment(
  folder: string,
  environment: Environment,
): { environment: Environment; warnings: string[] } {
  const bytes = readIfThere(`${folder}/.env`);
  const { entries, faults } = bytes === null ? { entries: [], faults: [] } : parseEnvFile(bytes);
  if (faults.length > 0) throw new StartError(`The file .env cannot be read:\n  ${faults.join('\n  ')}`);
  const warnings = [
    ...warnOfRepeated(entries),
    ...warnOfNames({ names: SETTING_NAMES, file: entries, environment }),
  ];
  const file = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(file))
    if (name.startsWith('PG') && environment[name] === undefined) environment[name] = value;
  return { environment: { ...file, ...environment }, warnings };
}

function warnOfRepeated(entries: readonly EnvEntry[]): string[] {
  const lines = new Map<string, number>();
  const warnings: string[] = [];
  for (const { name, line } of entries) {
    const earlier = lines.get(name);
    if (earlier !== undefined)
      warnings.push(`${name} stands in lines ${earlier} and ${line} of .env: the last one counts.`);
    lines.set(name, line);
  }
  return warnings;
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
