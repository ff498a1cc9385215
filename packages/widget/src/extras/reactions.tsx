/** The reactions under a message, and the picker that adds one. */

import type { Message } from '@chatty/protocol';
import { useEffect, useState } from 'preact/hooks';
import type { MessageActions } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { Popup } from './popup.js';
import { extraStringsOf } from './strings.js';

type PickerComponent = typeof import('../emoji/picker.js').EmojiPicker;
type Props = { message: Message; language: Language; actions: MessageActions };

/** What nearly all reactions are, in every chat that counted them. */
const QUICK_REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

function hasReacted(message: Message, emoji: string, ownId: string | null): boolean {
  return (
    message.reactions?.some((reaction) => reaction.emoji === emoji && reaction.users.includes(ownId ?? '')) ??
    false
  );
}

/** Under the message: each emoji with how many; a press adds one's own or takes it back. */
export function Reactions({ message, language, actions }: Props) {
  const strings = extraStringsOf(language);
  const ownId = actions.ownId();
  return (
    <div class="reactions">
      {message.reactions?.map(({ emoji, count }) => {
        const isOwnReaction = hasReacted(message, emoji, ownId);
        return (
          <button
            type="button"
            key={emoji}
            aria-pressed={isOwnReaction}
            aria-label={strings.reactedWith(emoji, count)}
            disabled={!ownId}
            onClick={() => void actions.react(message.id, emoji, !isOwnReaction)}
          >
            {emoji} <span>{count}</span>
          </button>
        );
      })}
    </div>
  );
}

/** In the place of the tools: the usual ones, and the way to all others. */
export function QuickReactions({ message, language, actions, onShowAll }: Props & { onShowAll: () => void }) {
  const strings = extraStringsOf(language);
  const ownId = actions.ownId();
  return (
    <>
      {QUICK_REACTIONS.map((emoji) => (
        <button
          type="button"
          key={emoji}
          aria-label={`${strings.react} ${emoji}`}
          aria-pressed={hasReacted(message, emoji, ownId)}
          onClick={() => {
            void actions.react(message.id, emoji, !hasReacted(message, emoji, ownId));
            actions.endAction();
          }}
        >
          {emoji}
        </button>
      ))}
      <button type="button" aria-label={strings.addReaction} title={strings.addReaction} onClick={onShowAll}>
        <Icon path="M12 5v14M5 12h14" size={16} />
      </button>
    </>
  );
}

/** Over the talk: every emoji there is. */
export function ReactionPicker({ id, language, actions }: Omit<Props, 'message'> & { id: number }) {
  const { locale } = language;
  const strings = extraStringsOf(language);
  const [PickerComponent, setPicker] = useState<{ PickerComponent: PickerComponent } | null>(null);
  useEffect(() => {
    import('../emoji/picker.js').then(
      (loaded) => setPicker({ PickerComponent: loaded.EmojiPicker }),
      actions.endAction,
    );
  }, [actions]);
  if (!PickerComponent) return null;
  const pick = (emoji: string) => {
    void actions.react(id, emoji, true);
    actions.endAction();
  };
  return (
    <Popup close={actions.endAction}>
      <PickerComponent.PickerComponent
        pick={pick}
        close={actions.endAction}
        words={strings}
        locale={locale}
      />
    </Popup>
  );
}
