/** What people felt about a message, one press to feel the same, and which feeling to add. */

import type { Message } from '@chatty/protocol/events';
import { useEffect, useState } from 'preact/hooks';
import type { Deeds } from '../extras-api.js';
import type { Language } from '../i18n/locale.js';
import { Icon } from '../panel/icon.js';
import { Popup } from './popup.js';
import { wordsOf } from './strings.js';

type Picker = typeof import('../emoji/picker.js').EmojiPicker;
type Props = { message: Message; language: Language; deeds: Deeds };

/** What nearly all reactions are, in every chat that counted them. */
const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

function isMine(message: Message, emoji: string, own: string | null): boolean {
  return message.reactions?.some((each) => each.emoji === emoji && each.users.includes(own ?? '')) ?? false;
}

/** Under the message: each emoji with how many; a press adds one's own or takes it back. */
export function Reactions({ message, language, deeds }: Props) {
  const words = wordsOf(language);
  const own = deeds.ownId();
  return (
    <div class="reactions">
      {message.reactions?.map(({ emoji, count }) => {
        const mine = isMine(message, emoji, own);
        return (
          <button
            type="button"
            key={emoji}
            aria-pressed={mine}
            aria-label={words.reactedWith(emoji, count)}
            disabled={!own}
            onClick={() => void deeds.react(message.id, emoji, !mine)}
          >
            {emoji} <span>{count}</span>
          </button>
        );
      })}
    </div>
  );
}

/** In the place of the tools: the usual ones, and the way to all others. */
export function QuickReactions({ message, language, deeds, all }: Props & { all: () => void }) {
  const words = wordsOf(language);
  const own = deeds.ownId();
  return (
    <>
      {QUICK.map((emoji) => (
        <button
          type="button"
          key={emoji}
          aria-label={`${words.react} ${emoji}`}
          aria-pressed={isMine(message, emoji, own)}
          onClick={() => {
            void deeds.react(message.id, emoji, !isMine(message, emoji, own));
            deeds.end();
          }}
        >
          {emoji}
        </button>
      ))}
      <button type="button" aria-label={words.addReaction} title={words.addReaction} onClick={all}>
        <Icon path="M12 5v14M5 12h14" size={16} />
      </button>
    </>
  );
}

/** Over the talk: every emoji there is. */
export function ReactionPicker({ id, language, deeds }: Omit<Props, 'message'> & { id: number }) {
  const { locale } = language;
  const words = wordsOf(language);
  const [Picker, setPicker] = useState<{ Picker: Picker } | null>(null);
  useEffect(() => {
    import('../emoji/picker.js').then((loaded) => setPicker({ Picker: loaded.EmojiPicker }), deeds.end);
  }, [deeds]);
  if (!Picker) return null;
  const pick = (emoji: string) => {
    void deeds.react(id, emoji, true);
    deeds.end();
  };
  return (
    <Popup close={deeds.end}>
      <Picker.Picker pick={pick} close={deeds.end} words={words} locale={locale} />
    </Popup>
  );
}
