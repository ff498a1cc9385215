/** Reads a `.env` file by the rules of Docker Compose; what Compose would read in another way than it looks is refused with its line. */

export type EnvEntry = { name: string; value: string; line: number };
/** `faults`: one sentence for each line that is refused, beginning with its number. */
export type EnvFile = { entries: EnvEntry[]; faults: string[] };

type Quoted = { value: string; behind: string; lastLine: number };

/** The names that Compose takes. */
const NAME = /^[\p{L}\p{N}_.[\]-]+$/u;
const LINE = /^(?:export\s+)?([^=:\s]+)\s*[=:](.*)$/su;
const INHERITED = /^(?:export\s+)?([^=:\s]+)$/u;
/** What stands for one character in double quotes. */
const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/**
 * A value without quotes goes to the end of its line or to a `#` behind a blank; in quotes it may hold anything and several
 * lines. `export ` before a name and `:` for `=` are taken; of a name that is repeated all entries are answered.
 *
 * @param bytes the file as it is, with or without a byte order mark
 */
export function parseEnvFile(bytes: Uint8Array): EnvFile {
  const text = decode(bytes);
  if (text === null) return { entries: [], faults: ['line 1: the file is not UTF-8. Save it as UTF-8.'] };
  const lines = text.split(/\r?\n/);
  const entries: EnvEntry[] = [];
  const faults: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const refuse = (fault: string) => faults.push(`line ${at + 1}: ${fault}`);
    const [, name = '', given = ''] = LINE.exec(line) ?? [];
    if (name === '') {
      // A name alone takes its value from the environment, which wins anyway.
      if (!NAME.test(INHERITED.exec(line)?.[1] ?? '')) refuse('this is no setting. Write NAME=value.');
      continue;
    }
    if (!NAME.test(name)) {
      refuse(`${JSON.stringify(name)} cannot be the name of a setting.`);
      continue;
    }
    const value = given.trim();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      const read = readUnquoted(name, given);
      if ('fault' in read) refuse(read.fault);
      else entries.push({ name, value: read.value, line: at + 1 });
      continue;
    }
    const read = readQuoted(lines, at, quote);
    if (read === null) refuse(`${name} has an opening quote and no closing one.`);
    else if ('fault' in read) refuse(`${name} ${read.fault}`);
    else if (read.behind !== '' && !read.behind.startsWith('#'))
      refuse(
        `${name} has text behind its closing quote. Put a \\ before each quote that belongs to the value.`,
      );
    else entries.push({ name, value: read.value, line: at + 1 });
    at = read !== null && 'lastLine' in read ? read.lastLine : at;
  }
  return { entries, faults };
}

/** Null: not UTF-8. Windows PowerShell writes UTF-16, whose every other byte is 0. */
function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function readUnquoted(name: string, given: string): { value: string } | { fault: string } {
  if (/^\s+#/.test(given))
    return {
      fault: `${name} has a comment for a value. Put the comment in a line of its own, or the value in quotes.`,
    };
  const [value = ''] = given.trim().split(/\s#/u, 1);
  const trimmed = value.trimEnd();
  return trimmed.includes('$') ? { fault: `${name} ${WITH_DOLLAR}` } : { value: trimmed };
}

/** Compose puts variables in, most other readers do not: whichever is chosen, somebody gets another value than the one they see. */
const WITH_DOLLAR =
  'has a $, which Docker Compose takes for the beginning of a variable. Put the value in single quotes.';

/** @returns null where the quote never closes */
function readQuoted(
  lines: readonly string[],
  first: number,
  quote: string,
): Quoted | { fault: string } | null {
  let value = '';
  let at = first;
  let rest = (lines[first] ?? '').slice((lines[first] ?? '').indexOf(quote) + 1);
  let dollar = false;
  for (;;) {
    for (let place = 0; place < rest.length; place += 1) {
      const character = rest[place] ?? '';
      if (character === quote) {
        if (dollar) return { fault: WITH_DOLLAR };
        return { value, behind: rest.slice(place + 1).trim(), lastLine: at };
      }
      const next = rest[place + 1] ?? '';
      const escaped = quote === '"' ? ESCAPES[next] : next === quote ? next : undefined;
      if (character === '\\' && escaped !== undefined) {
        value += escaped;
        place += 1;
      } else {
        dollar ||= quote === '"' && character === '$';
        value += character;
      }
    }
    at += 1;
    const next = lines[at];
    if (next === undefined) return null;
    value += '\n';
    rest = next;
  }
}
