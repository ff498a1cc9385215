/** The visitor's notification switches for all chats of the site, stored only once the visitor changes one. */

export type Preferences = { sound: boolean; notifications: boolean };

const STORAGE_KEY = 'chatty-notices';
/** A host that asked for the sound gets it; notifications are the visitor's to ask for. */
const DEFAULT_PREFERENCES: Preferences = { sound: true, notifications: false };

type PreferenceStore = {
  get(): Preferences;
  set(changes: Partial<Preferences>): void;
  /** In this tab or another. Answers how to stop listening. */
  onChange(listener: () => void): () => void;
};

/** One for the page: a device has one visitor at a time. */
export const preferenceStore: PreferenceStore = createPreferenceStore();

function createPreferenceStore(): PreferenceStore {
  const listeners = new Set<() => void>();
  /** Where nothing can be stored. */
  let unsavedPreferences: Partial<Preferences> = {};

  function get(): Preferences {
    try {
      const { sound, notifications } = {
        ...DEFAULT_PREFERENCES,
        ...unsavedPreferences,
        ...JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}'),
      };
      return { sound: sound === true, notifications: notifications === true };
    } catch {
      return { ...DEFAULT_PREFERENCES, ...unsavedPreferences };
    }
  }

  const notifyListeners = () => {
    for (const listener of listeners) listener();
  };

  return {
    get,
    set(changes) {
      unsavedPreferences = { ...get(), ...changes };
      try {
        localStorage.setItem(STORAGE_KEY, JSON.stringify(unsavedPreferences));
      } catch {
        // It holds until the page is left.
      }
      notifyListeners();
    },
    onChange(listener) {
      listeners.add(listener);
      addEventListener('storage', listener);
      return () => {
        listeners.delete(listener);
        removeEventListener('storage', listener);
      };
    },
  };
}
