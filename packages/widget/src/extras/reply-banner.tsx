/** The banner over the field: which message is being answered, and a button to cancel. */

import type { Message } from '@chatty/protocol';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { extraStringsOf } from './strings.js';

export function ReplyBanner({
  message,
  language,
  cancel,
}: {
  message: Message;
  language: Language;
  cancel: () => void;
}) {
  const strings = extraStringsOf(language);
  return (
    <div class="replying" role="status">
      <div>
        <strong>{strings.replyingTo(message.username)}</strong>
        <span dir="auto">{message.content}</span>
      </div>
      <button type="button" aria-label={strings.cancel} title={strings.cancel} onClick={cancel}>
        <Icon path="m6 6 12 12M18 6 6 18" size={16} />
      </button>
    </div>
  );
}
