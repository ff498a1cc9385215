/** What the visitor chose on this device, for all chats of the site: stored once they choose, never before. */

export type Choices = { sound: boolean; notifications: boolean };

const KEY = 'chatty-notices';
/** A host that asked for the sound gets it; notifications are the visitor's to ask for. */
const FIRST: Choices = { sound: true, notifications: false };

type Kept = {
  get(): Choices;
  set(choice: Partial<Choices>): void;
  /** In this tab or another. Answers how to stop listening. */
  onChange(listener: () => void): () => void;
};

/** One for the page: a device has one visitor at a time. */
export const choices: Kept = createChoices();

function createChoices(): Kept {
  const listeners = new Set<() => void>();
  /** Where nothing can be stored. */
  let here: Partial<Choices> = {};

  function get(): Choices {
    try {
      const { sound, notifications } = {
        ...FIRST,
        ...here,
        ...JSON.parse(localStorage.getItem(KEY) ?? '{}'),
      };
      return { sound: sound === true, notifications: notifications === true };
    } catch {
      return { ...FIRST, ...here };
    }
  }

  const heard = () => {
    for (const listener of listeners) listener();
  };

  return {
    get,
    set(choice) {
      here = { ...get(), ...choice };
      try {
        localStorage.setItem(KEY, JSON.stringify(here));
      } catch {
        // It holds until the page is left.
      }
      heard();
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
