/** Decides what the host asked for: `init` before attributes before `window.params`. A page can put anything there. */

import type { Settings } from '@chatty/embed/types';

export type Given = Record<string, unknown>;

const NAMES = [
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
export function readAttributes(element: Element): Given {
  const given: Given = {};
  for (const name of NAMES) given[name] = element.getAttribute(name.replace(/[A-Z]/, '-$&')) ?? undefined;
  return given;
}

/** @param sources what was said where, the one that counts most first */
export function readSettings(...sources: (Given | null | undefined)[]): Settings {
  const given: Given = {};
  const settings: Given = {};
  for (const name of ['token', 'tokenProvider', ...NAMES]) {
    const value = sources.map((source) => source?.[name]).find((each) => each !== undefined);
    given[name] = value;
    // What can be switched on by `true` can be by text.
    settings[name] = value === true || (typeof value === 'string' && value) ? `${value}` : null;
  }
  const { tokenProvider, mount, zIndex, autoload } = given;
  return {
    ...(settings as Settings),
    tokenProvider: (typeof tokenProvider === 'function' && tokenProvider) as Settings['tokenProvider'],
    ...(mount instanceof Element && { mount }),
    // What is no number says nothing, as 0 does.
    zIndex: Number(zIndex),
    autoload: `${autoload}` !== 'false',
  };
}
