/** The `<chatty-chat>` element: every chat is in one, and a host may write one in its markup. */

import type { Theme } from '@chatty/embed';
import type { ChatInstance } from './chat-instance.js';
import { ATTACHED_EVENT } from './chat-module.js';
import { readAttributes } from './embed-settings.js';

export const TAG = 'chatty-chat';

/** What the element needs to know of the chats on the page. */
export type InstanceRegistry = {
  /** The element was added to the page: it has a chat, or gets one with these settings. */
  elementConnected(element: HTMLElement, settings: object): void;
  /** It was gone a moment ago: one that is being moved is back by now. */
  elementDisconnected(element: HTMLElement): void;
  instanceOf(element: HTMLElement): ChatInstance | undefined;
};

export function defineElement(registry: InstanceRegistry): void {
  class ChattyElement extends HTMLElement {
    static readonly observedAttributes = ['theme', 'locale'];
    #token: string | null | undefined;

    /** The host's token; a property only, because markup is cached and copied. */
    set token(token: string | null) {
      this.#token = token;
      registry.instanceOf(this)?.identify(token);
    }

    connectedCallback(): void {
      // Said before the element was known to be one of these, it stands in the way of the setter.
      const { token = this.#token } = this;
      delete (this as { token?: string | null }).token;
      this.#token = token;
      registry.elementConnected(this, { ...readAttributes(this), token });
      this.shadowRoot?.dispatchEvent(new Event(ATTACHED_EVENT));
    }

    disconnectedCallback(): void {
      setTimeout(() => registry.elementDisconnected(this));
    }

    attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
      registry.instanceOf(this)?.[name === 'theme' ? 'setTheme' : 'setLocale'](value as Theme);
    }
  }
  customElements.define(TAG, ChattyElement);
}
