/** Parses a `.env` file like Docker Compose, and rejects lines that other parsers read differently. */

export type EnvEntry = { name: string; value: string; line: number };
/** `faults`: one sentence per rejected line, starting with its number. */
export type EnvFile = { entries: EnvEntry[]; errors: string[] };

type QuotedValue = { value: string; textAfterQuote: string; lastLine: number };

/** Names that Compose accepts. */
const NAME_PATTERN = /^[\p{L}\p{N}_.[\]-]+$/u;
const ASSIGNMENT_PATTERN = /^(?:export\s+)?([^=:\s]+)\s*[=:](.*)$/su;
const NAME_ONLY_PATTERN = /^(?:export\s+)?([^=:\s]+)$/u;
/** Escapes in double quotes. */
const ESCAPED_CHARACTERS: Record<string, string> = {
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
 * An unquoted value ends at the end of the line, or at a `#` after a space. A quoted value may span several lines. `export `
 * before a name and `:` instead of `=` are accepted. A repeated name yields all its entries.
 *
 * @param bytes with or without a byte order mark
 */
export function parseEnvFile(bytes: Uint8Array): EnvFile {
  const text = decodeUtf8(bytes);
  if (text === null) return { entries: [], errors: ['line 1: the file is not UTF-8. Save it as UTF-8.'] };
  const lines = text.split(/\r?\n/);
  const entries: EnvEntry[] = [];
  const errors: string[] = [];
  for (let lineIndex = 0; lineIndex < lines.length; lineIndex += 1) {
    const line = (lines[lineIndex] ?? '').trim();
    if (line === '' || line.startsWith('#')) continue;
    const addError = (fault: string) => errors.push(`line ${lineIndex + 1}: ${fault}`);
    const [, name = '', rawValue = ''] = ASSIGNMENT_PATTERN.exec(line) ?? [];
    if (name === '') {
      // A name alone inherits its value from the environment, which overrides the file anyway.
      if (!NAME_PATTERN.test(NAME_ONLY_PATTERN.exec(line)?.[1] ?? ''))
        addError('this is not a setting. Write NAME=value.');
      continue;
    }
    if (!NAME_PATTERN.test(name)) {
      addError(`${JSON.stringify(name)} is not a valid setting name.`);
      continue;
    }
    const value = rawValue.trim();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      const parsed = parseUnquoted(name, rawValue);
      if ('fault' in parsed) addError(parsed.fault);
      else entries.push({ name, value: parsed.value, line: lineIndex + 1 });
      continue;
    }
    const parsed = parseQuoted(lines, lineIndex, quote);
    if (parsed === null) addError(`${name} has an opening quote and no closing one.`);
    else if ('fault' in parsed) addError(`${name} ${parsed.fault}`);
    else if (parsed.textAfterQuote !== '' && !parsed.textAfterQuote.startsWith('#'))
      addError(`${name} has text after its closing quote. Put a \\ before each quote inside the value.`);
    else entries.push({ name, value: parsed.value, line: lineIndex + 1 });
    lineIndex = parsed !== null && 'lastLine' in parsed ? parsed.lastLine : lineIndex;
  }
  return { entries, errors };
}

/** Null: not UTF-8. Windows PowerShell writes UTF-16, in which every other byte is 0. */
function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function parseUnquoted(name: string, rawValue: string): { value: string } | { fault: string } {
  if (/^\s+#/.test(rawValue))
    return {
      fault: `${name} has a comment instead of a value. Move the comment to its own line, or quote the value.`,
    };
  const [value = ''] = rawValue.trim().split(/\s#/u, 1);
  const trimmed = value.trimEnd();
  return trimmed.includes('$') ? { fault: `${name} ${UNQUOTED_DOLLAR_MESSAGE}` } : { value: trimmed };
}

/** Compose substitutes variables and most other parsers do not, so `$` is rejected. */
const UNQUOTED_DOLLAR_MESSAGE =
  'has a $, which Docker Compose treats as the start of a variable. Put the value in single quotes.';

/** @returns null if the quote is never closed */
function parseQuoted(
  lines: readonly string[],
  firstLineIndex: number,
  quote: string,
): QuotedValue | { fault: string } | null {
  let value = '';
  let lineIndex = firstLineIndex;
  let lineText = (lines[firstLineIndex] ?? '').slice((lines[firstLineIndex] ?? '').indexOf(quote) + 1);
  let hasDollar = false;
  for (;;) {
    for (let index = 0; index < lineText.length; index += 1) {
      const character = lineText[index] ?? '';
      if (character === quote) {
        if (hasDollar) return { fault: UNQUOTED_DOLLAR_MESSAGE };
        return { value, textAfterQuote: lineText.slice(index + 1).trim(), lastLine: lineIndex };
      }
      const next = lineText[index + 1] ?? '';
      const escaped = quote === '"' ? ESCAPED_CHARACTERS[next] : next === quote ? next : undefined;
      if (character === '\\' && escaped !== undefined) {
        value += escaped;
        index += 1;
      } else {
        hasDollar ||= quote === '"' && character === '$';
        value += character;
      }
    }
    lineIndex += 1;
    const next = lines[lineIndex];
    if (next === undefined) return null;
    value += '\n';
    lineText = next;
  }
}
