/** Validates settings of requests against a table of rules, and applies defaults to stored ones. */

export type SettingRule<Value> = {
  fallback: Value;
  /** Null: the value is invalid. `fault`: what is invalid in it; the message puts the name of the setting before it. */
  parse(value: unknown): { value: Value } | { fault: string } | null;
  /** The valid values, for the error message. */
  expected: string;
  description: string;
};

export type SettingsSchema<Settings> = { readonly [Name in keyof Settings]: SettingRule<Settings[Name]> };

export type SettingsResult<Settings> =
  | { ok: true; settings: Partial<Settings> }
  /** One sentence for each wrong setting, beginning with its name. */
  | { ok: false; errors: string[] };

const MAX_LIMIT_OVERRIDE = 1_000_000;

export const booleanSetting = <Fallback extends boolean | null>(
  fallback: Fallback,
  description: string,
): SettingRule<boolean | Fallback> => ({
  fallback,
  parse: (value) => (typeof value === 'boolean' ? { value } : null),
  expected: 'true or false',
  description,
});

export const integerSetting = (fallback: number, max: number, description: string): SettingRule<number> => ({
  fallback,
  parse: (value) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
      ? { value: value as number }
      : null,
  expected: `a whole number from 0 to ${max}`,
  description,
});

/** A number. If it is null, the setting of the server applies. */
export const limitOverrideSetting = (description: string): SettingRule<number | null> => ({
  fallback: null,
  parse: (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_LIMIT_OVERRIDE
      ? { value: value as number }
      : null,
  expected: `a whole number from 1 to ${MAX_LIMIT_OVERRIDE}`,
  description,
});

/**
 * @param parseItem returns null if the entry is invalid
 * @param expectedItem the valid entries, for the error message
 */
export const listSetting = <Value extends string | object>(
  maxEntries: number,
  parseItem: (value: unknown) => Value | null,
  expectedItem: string,
  description: string,
): SettingRule<readonly Value[]> => ({
  fallback: [],
  parse(value) {
    if (!Array.isArray(value) || value.length > maxEntries) return null;
    const items: Value[] = [];
    for (const [index, rawItem] of value.entries()) {
      const item = parseItem(rawItem);
      if (item === null) return { fault: `[${index}] must be ${expectedItem}.` };
      items.push(item);
    }
    return { value: items };
  },
  expected: `a list of at most ${maxEntries} entries`,
  description,
});

export const enumSetting = <Name extends string>(
  names: readonly Name[],
  fallback: Name,
  description: string,
): SettingRule<Name> => ({
  fallback,
  parse(value) {
    const found = names.find((name) => name === value);
    return found === undefined ? null : { value: found };
  },
  expected: `one of ${names.join(', ')}`,
  description,
});

/**
 * Reads settings as they come from outside: only those that are given, `null` taking one back to its default.
 * @param subject what the settings are called in error messages
 */
export function parseSettings<Settings>(
  schema: SettingsSchema<Settings>,
  input: unknown,
  subject: string,
): SettingsResult<Settings> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { ok: false, errors: [`${subject} must be an object.`] };
  const errors: string[] = [];
  const settings: Partial<Settings> = {};
  for (const [name, value] of Object.entries(input)) {
    const key = Object.hasOwn(schema, name) ? (name as keyof Settings) : null;
    const parsed = key === null || value === null ? null : schema[key].parse(value);
    if (key === null) errors.push(`${name} is none of the ${subject}.`);
    else if (parsed && 'fault' in parsed) errors.push(`${name}${parsed.fault}`);
    else if (parsed) settings[key] = parsed.value;
    else if (value !== null) errors.push(`${name} must be ${schema[key].expected}.`);
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, settings };
}

/** Stored settings over the defaults. One that a newer server wrote and this one does not know is left alone. */
export function withDefaults<Settings>(
  schema: SettingsSchema<Settings>,
  stored: Record<string, unknown>,
): Settings {
  const settings: Partial<Settings> = {};
  for (const name of Object.keys(schema) as (keyof Settings & string)[]) {
    const parsed = schema[name].parse(stored[name]);
    settings[name] = parsed && 'value' in parsed ? parsed.value : schema[name].fallback;
  }
  return settings as Settings;
}
