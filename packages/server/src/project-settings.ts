/** Every setting a project has, in one table: its name, its default, what it may be. docs/projects.md is held to it by a test. */

export type ProjectSettings = {
  guests: boolean | null;
  nullOrigin: boolean;
};

type Rule<Value> = {
  fallback: Value;
  /** Null: the value is none of those it may be. */
  read(value: unknown): { value: Value } | null;
  /** What it may be, as it stands in a fault. */
  form: string;
  about: string;
};

const flag = <Fallback extends boolean | null>(
  fallback: Fallback,
  about: string,
): Rule<boolean | Fallback> => ({
  fallback,
  read: (value) => (typeof value === 'boolean' ? { value } : null),
  form: 'true or false',
  about,
});

export const projectSettings: { [Name in keyof ProjectSettings]: Rule<ProjectSettings[Name]> } = {
  guests: flag(null, 'Whether visitors without a token may read. Unset: as `GUEST_PROJECTS` says.'),
  nullOrigin: flag(
    false,
    'Whether pages may connect whose origin is `null`: WebViews and sandboxed frames, but also any local file.',
  ),
};

export type SettingsResult =
  | { ok: true; settings: Partial<ProjectSettings> }
  /** One sentence for each wrong setting, beginning with its name. */
  | { ok: false; faults: string[] };

/** Reads settings as they come from outside: only those that are given, `null` taking one back to its default. */
export function readSettings(given: unknown): SettingsResult {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, faults: ['settings must be an object.'] };
  const faults: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const rule = Object.hasOwn(projectSettings, name) ? projectSettings[name as keyof ProjectSettings] : null;
    if (rule === null) faults.push(`${name} is no setting of a project.`);
    else if (value !== null) {
      const read = rule.read(value);
      if (read) settings[name] = read.value;
      else faults.push(`${name} must be ${rule.form}.`);
    }
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, settings };
}

/** Stored settings over the defaults. One that a newer server wrote and this one does not know is left alone. */
export function settingsOf(stored: Record<string, unknown>): ProjectSettings {
  const entries = Object.entries(projectSettings).map(([name, rule]) => [
    name,
    rule.read(stored[name])?.value ?? rule.fallback,
  ]);
  return Object.fromEntries(entries) as ProjectSettings;
}
