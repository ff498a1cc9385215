/** Resolves the host's settings: `init` before attributes before `window.params`. Any value can come from a page. */

import type { Settings } from '@chatty/embed';

export type SettingsSource = Record<string, unknown>;

const SETTING_NAMES = [
  'projectId',
  'room',
  'mount',
  'position',
  'locale',
  'theme',
  'titleBadge',
  'sound',
  'notifications',
  'profiles',
  'zIndex',
  'autoload',
];

/** Attributes of `<chatty-chat>` as settings. Never the token: markup is cached and copied. */
export function readAttributes(element: Element): SettingsSource {
  const rawValues: SettingsSource = {};
  for (const name of SETTING_NAMES)
    rawValues[name] = element.getAttribute(name.replace(/[A-Z]/, '-$&')) ?? undefined;
  return rawValues;
}

/** @param sources the settings of each source, by falling priority */
export function readSettings(...sources: (SettingsSource | null | undefined)[]): Settings {
  const rawValues: SettingsSource = {};
  const settings: SettingsSource = {};
  for (const name of ['token', 'tokenProvider', ...SETTING_NAMES]) {
    const value = sources.map((source) => source?.[name]).find((each) => each !== undefined);
    rawValues[name] = value;
    // Attributes can only be text, so `true` and its text mean the same.
    settings[name] = value === true || (typeof value === 'string' && value) ? `${value}` : null;
  }
  const { tokenProvider, mount, zIndex, autoload } = rawValues;
  return {
    ...(settings as Settings),
    tokenProvider: (typeof tokenProvider === 'function' && tokenProvider) as Settings['tokenProvider'],
    ...(mount instanceof Element && { mount }),
    // A value that is no number counts as absent, as 0 does.
    zIndex: Number(zIndex),
    autoload: `${autoload}` !== 'false',
  };
}
