/** Reads what parameters of commands stand for: settings as JSON, word lists, public keys and tokens. */

import { existsSync, readFileSync } from 'node:fs';

export type ListedWord = string | { word: string; allowed: true };

const STANDARD_INPUT = 0;

/** @param pair `NAME=VALUE` with a value as JSON */
export function parseSetting(pair: string): [name: string, value: unknown] {
  const [name = '', ...value] = pair.split('=');
  try {
    return [name, JSON.parse(value.join('='))];
  } catch {
    throw new Error(`"${pair}" is not NAME=VALUE with VALUE as JSON, for example guests=true.`);
  }
}

/** One word per line; a word after "!" is allowed. */
export function readWords(file: string): ListedWord[] {
  const lines = readExistingFile(file)
    .split('\n')
    .map((line) => line.trim());
  return lines
    .filter((line) => line !== '')
    .map((line) => (line.startsWith('!') ? { word: line.slice(1).trim(), allowed: true } : line));
}

/** @param given a file, or the address of a JWKS, which is passed on as it is */
export function readPublicKey(given: string | undefined): string | undefined {
  return given === undefined || given.startsWith('https:') ? given : readExistingFile(given);
}

/** @param given a token, or `-` for standard input, which keeps it out of the history of the shell */
export function readToken(given: string): string {
  return given === '-' ? readFileSync(STANDARD_INPUT, 'utf8').trim() : given;
}

function readExistingFile(file: string): string {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  return readFileSync(file, 'utf8');
}
