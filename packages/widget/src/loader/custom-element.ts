/** `<chatty-chat>`: the element every chat lives in, and one that a host may write where the chat should stand. */

import type { Theme } from '@chatty/embed/types';
import type { Instance } from './chat-instance.js';
import { STANDS } from './chat-module.js';
import { readAttributes } from './embed-settings.js';

export const TAG = 'chatty-chat';

/** What the element needs of whoever keeps the chats. */
export type Keeper = {
  /** An element stands on the page: it has a chat, or gets one. `said` is what it wants. */
  standing(element: HTMLElement, said: object): void;
  /** It was gone a moment ago: one that is being moved is back by now. */
  gone(element: HTMLElement): void;
  chatOf(element: HTMLElement): Instance | undefined;
};

export function defineElement(keeper: Keeper): void {
  class ChattyElement extends HTMLElement {
    static readonly observedAttributes = ['theme', 'locale'];
    #token: string | null | undefined;

    /** The host's token; a property only, because markup is cached and copied. */
    set token(token: string | null) {
      this.#token = token;
      keeper.chatOf(this)?.identify(token);
    }

    connectedCallback(): void {
      // Said before the element was known to be one of these, it stands in the way of the setter.
      const { token = this.#token } = this;
      delete (this as { token?: string | null }).token;
      this.#token = token;
      keeper.standing(this, { ...readAttributes(this), token });
      this.shadowRoot?.dispatchEvent(new Event(STANDS));
    }

    disconnectedCallback(): void {
      setTimeout(() => keeper.gone(this));
    }

    attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
      keeper.chatOf(this)?.[name === 'theme' ? 'setTheme' : 'setLocale'](value as Theme);
    }
  }
  customElements.define(TAG, ChattyElement);
}
