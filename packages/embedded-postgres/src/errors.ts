/** Says in one sentence why the embedded database cannot start. */

import { dirname } from 'node:path';
import { StartError } from './startup-error.js';

const EXTERNAL_DATABASE_ADVICE = 'set DB_HOST to a PostgreSQL server';

export function alreadyRunningError(folder: string): StartError {
  return new StartError(
    `Another Chatty is running on the data folder ${folder}: stop it, or set CHATTY_DATA_DIR to another folder.`,
  );
}

/** Why a program of PostgreSQL could not be run or gave up; `output` is what it wrote on its way. */
export function programError(error: unknown, output: string, logFile: string): StartError {
  return new StartError(programErrorMessage(error, output, logFile), { cause: error });
}

function programErrorMessage(error: unknown, output: string, logFile: string): string {
  const code = errorCode(error);
  if (/No space left on device/.test(output)) return noSpaceMessage(dirname(logFile));
  if (code === 'ENOENT' || code === 'ENOEXEC' || /GLIBC_|error while loading shared libraries/.test(output))
    return `The embedded PostgreSQL does not run on this system (it needs glibc 2.27 or newer, not musl): ${EXTERNAL_DATABASE_ADVICE}.`;
  if (code === 'EACCES' || code === 'EPERM')
    return `The embedded PostgreSQL may not be run from the data folder (is it mounted noexec?): set CHATTY_DATA_DIR to another folder, or ${EXTERNAL_DATABASE_ADVICE}.`;
  if (/could not look up effective user ID/.test(output))
    return `This process runs as a user without a name (uid ${process.getuid?.()}), which PostgreSQL refuses: use a named user, or ${EXTERNAL_DATABASE_ADVICE}.`;
  return `The embedded database ended while it was starting (${lastErrorMessage(output) ?? code ?? error}): see ${logFile}.`;
}

/** The last reason that PostgreSQL gave for ending, if it gave one. */
export function lastErrorMessage(output: string): string | undefined {
  const errorMatches = [...output.matchAll(/(?:FATAL|PANIC|error):\s+(.+)/g)];
  return errorMatches.at(-1)?.[1];
}

/** Turns a failure of the file system into a sentence naming the folder; anything else stays what it is. */
export function folderError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (error instanceof StartError || code === undefined || !(error instanceof Error && 'syscall' in error))
    return error;
  const sentence =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? noSpaceMessage(folder)
      : `The data folder ${folder} cannot be used (${error.message}): set CHATTY_DATA_DIR to one that can be written.`;
  return new StartError(sentence, { cause: error });
}

function noSpaceMessage(folder: string): string {
  return `There is no space left for the data folder ${folder}: free some, or set CHATTY_DATA_DIR to another folder.`;
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
