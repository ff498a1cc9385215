/** How settings that come from outside are read: by a table that says of each what it may be. */

export type Rule<Value> = {
  fallback: Value;
  /** Null: the value is none of those it may be; a fault, behind the name of the setting, says what in it is not. */
  read(value: unknown): { value: Value } | { fault: string } | null;
  /** What it may be, as it stands in a fault. */
  form: string;
  about: string;
};

export type Table<Settings> = { readonly [Name in keyof Settings]: Rule<Settings[Name]> };

export type SettingsResult<Settings> =
  | { ok: true; settings: Partial<Settings> }
  /** One sentence for each wrong setting, beginning with its name. */
  | { ok: false; faults: string[] };

const LARGEST_SHARE = 1_000_000;

export const flag = <Fallback extends boolean | null>(
  fallback: Fallback,
  about: string,
): Rule<boolean | Fallback> => ({
  fallback,
  read: (value) => (typeof value === 'boolean' ? { value } : null),
  form: 'true or false',
  about,
});

export const whole = (fallback: number, most: number, about: string): Rule<number> => ({
  fallback,
  read: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
      ? { value: value as number }
      : null,
  form: `a whole number from 0 to ${most}`,
  about,
});

/** A number that the server's own setting stands in for. */
export const share = (about: string): Rule<number | null> => ({
  fallback: null,
  read: (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LARGEST_SHARE
      ? { value: value as number }
      : null,
  form: `a whole number from 1 to ${LARGEST_SHARE}`,
  about,
});

/**
 * @param readOne null: it is none of those that may be in the list
 * @param one what each of them may be, as it stands in a fault
 */
export const list = <Value extends string | object>(
  most: number,
  readOne: (value: unknown) => Value | null,
  one: string,
  about: string,
): Rule<readonly Value[]> => ({
  fallback: [],
  read(value) {
    if (!Array.isArray(value) || value.length > most) return null;
    const items: Value[] = [];
    for (const [place, given] of value.entries()) {
      const item = readOne(given);
      if (item === null) return { fault: `[${place}] must be ${one}.` };
      items.push(item);
    }
    return { value: items };
  },
  form: `a list of at most ${most} entries`,
  about,
});

export const oneOf = <Name extends string>(
  names: readonly Name[],
  fallback: Name,
  about: string,
): Rule<Name> => ({
  fallback,
  read(value) {
    const found = names.find((name) => name === value);
    return found === undefined ? null : { value: found };
  },
  form: `one of ${names.join(', ')}`,
  about,
});

/**
 * Reads settings as they come from outside: only those that are given, `null` taking one back to its default.
 * @param what the settings are of, as it stands in a fault
 */
export function readTable<Settings>(
  table: Table<Settings>,
  given: unknown,
  what: string,
): SettingsResult<Settings> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, faults: [`${what} must be an object.`] };
  const faults: string[] = [];
  const settings: Partial<Settings> = {};
  for (const [name, value] of Object.entries(given)) {
    const key = Object.hasOwn(table, name) ? (name as keyof Settings) : null;
    const read = key === null || value === null ? null : table[key].read(value);
    if (key === null) faults.push(`${name} is none of the ${what}.`);
    else if (read && 'fault' in read) faults.push(`${name}${read.fault}`);
    else if (read) settings[key] = read.value;
    else if (value !== null) faults.push(`${name} must be ${table[key].form}.`);
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, settings };
}

/** Stored settings over the defaults. One that a newer server wrote and this one does not know is left alone. */
export function overDefaults<Settings>(table: Table<Settings>, stored: Record<string, unknown>): Settings {
  const settings: Partial<Settings> = {};
  for (const name of Object.keys(table) as (keyof Settings & string)[]) {
    const read = table[name].read(stored[name]);
    settings[name] = read && 'value' in read ? read.value : table[name].fallback;
  }
  return settings as Settings;
}
