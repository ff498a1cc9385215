/** Loads widget.js once, for pages built from modules. */

import type { Chatty, SettingsInput } from './types.js';

declare global {
  interface Window {
    Chatty?: Chatty;
    params?: SettingsInput;
  }
}

let loading: Promise<Chatty> | null = null;

/**
 * Adds the script of the chat server at `url`, unless the page already has it. Nothing appears before `init` is called.
 * Rejects if the script cannot be loaded; the next call tries again.
 */
export function loadChatty(url: string): Promise<Chatty> {
  loading ??= addScript(url).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

function addScript(url: string): Promise<Chatty> {
  // The stub, which only queues calls, does not count.
  const loadedApi = () => (window.Chatty && 'init' in window.Chatty ? window.Chatty : null);
  const chatty = loadedApi();
  if (chatty) return Promise.resolve(chatty);
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const fail = () => {
      script.remove();
      reject(new Error(`${script.src} could not be loaded.`));
    };
    script.src = `${new URL('/widget.js', url)}`;
    script.dataset.autoload = 'false';
    script.onload = () => {
      const loaded = loadedApi();
      if (loaded) resolve(loaded);
      else fail();
    };
    script.onerror = fail;
    document.head.append(script);
  });
}
