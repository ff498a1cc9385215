/** Who may be meant by an @ before the caret: people who spoke lately and people in the room, by the keys or a tap. */

import type { ChatClient } from '@chatty/client';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Avatar } from '../panel/avatar.js';
import { extraStringsOf } from './strings.js';

type MentionCandidate = { userId: string; username: string; avatar: string | null };

/** An @ at the start of a word, and what stands between it and the caret; names have at most 40 characters. */
const MENTION_AT_CARET = /(?:^|[\s(])@([\p{L}\p{M}\p{N}_.-]{0,40})$/u;
const MAX_SUGGESTIONS = 6;
/** Lines looked through for people who spoke. */
const RECENT_ITEMS_SEARCHED = 200;

/** Prefixes by letter, so that a syllable that is still being composed finds the name it will become. */
const searchKey = (text: string) => text.normalize('NFD').toLowerCase();

/** @param taker is given what takes the chosen name, for the Enter that would send; answers whether there was one to take */
export function MentionSuggestions({
  chat,
  field,
  text,
  language,
  setText,
  acceptSuggestion,
}: {
  chat: ChatClient;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  language: Language;
  setText: (text: string) => void;
  acceptSuggestion: RefObject<(() => boolean) | null>;
}) {
  const strings = extraStringsOf(language);
  const [membersInRoom, setMembersInRoom] = useState<readonly MentionCandidate[]>([]);
  const [selectedIndex, setSelectedIndex] = useState(0);
  const [dismissedText, setDismissedText] = useState('');
  const caret = field.current?.selectionStart ?? 0;
  const mentionPrefix = MENTION_AT_CARET.exec(text.slice(0, caret))?.[1] ?? null;
  const isMentioning = mentionPrefix !== null && dismissedText !== text;
  const matches = isMentioning
    ? mentionCandidates(chat, membersInRoom).filter(({ username }) =>
        searchKey(username).startsWith(searchKey(mentionPrefix)),
      )
    : [];
  const suggestions = matches.slice(0, MAX_SUGGESTIONS);
  const activeIndex = Math.min(selectedIndex, suggestions.length - 1);

  useEffect(() => {
    setSelectedIndex(0);
    if (isMentioning) void chat.members().then((answer) => answer?.ok && setMembersInRoom(answer.members));
  }, [isMentioning, chat]);

  const insertMention = (person: MentionCandidate | undefined) => {
    const element = field.current;
    if (!element || !person || mentionPrefix === null) return false;
    element.setRangeText(`@${person.username} `, caret - mentionPrefix.length - 1, caret, 'end');
    element.focus();
    setText(element.value);
    return true;
  };
  acceptSuggestion.current = () => insertMention(suggestions[activeIndex]);

  // With the drawing: who sees a name to choose may press the key that takes it.
  useLayoutEffect(() => {
    const element = field.current;
    const onKeydown = (event: KeyboardEvent) => {
      if (suggestions.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) setSelectedIndex((activeIndex + step + suggestions.length) % suggestions.length);
      else if (event.key === 'Escape') setDismissedText(text);
      else if (event.key !== 'Tab' || event.shiftKey || !insertMention(suggestions[activeIndex])) return;
      event.preventDefault();
      event.stopPropagation();
    };
    element?.addEventListener('keydown', onKeydown, true);
    return () => element?.removeEventListener('keydown', onKeydown, true);
  });
  useEffect(() => {
    const element = field.current;
    if (suggestions.length > 0) element?.setAttribute('aria-activedescendant', `mention-${activeIndex}`);
    else element?.removeAttribute('aria-activedescendant');
    if (suggestions.length > 0) element?.setAttribute('aria-controls', 'mentions');
    else element?.removeAttribute('aria-controls');
  });

  if (suggestions.length === 0) return null;
  return (
    <div class="popup mentions" role="listbox" id="mentions" aria-label={strings.mention}>
      {suggestions.map((person, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
        <div
          key={person.userId}
          id={`mention-${index}`}
          class="person"
          role="option"
          tabIndex={-1}
          aria-selected={index === activeIndex}
          // The field keeps the focus, and on a phone its keyboard.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => insertMention(person)}
        >
          <Avatar userId={person.userId} username={person.username} url={person.avatar} />
          <bdi>{person.username}</bdi>
        </div>
      ))}
    </div>
  );
}

/** Each once, whoever spoke last first, without oneself. */
function mentionCandidates(chat: ChatClient, membersInRoom: readonly MentionCandidate[]): MentionCandidate[] {
  const candidates = new Map<string, MentionCandidate>();
  for (const item of chat.items.slice(-RECENT_ITEMS_SEARCHED).reverse())
    if (item.kind === 'stored' && !candidates.has(item.message.userId))
      candidates.set(item.message.userId, item.message);
  for (const person of membersInRoom)
    if (!candidates.has(person.userId)) candidates.set(person.userId, person);
  candidates.delete(chat.session?.userId ?? '');
  return [...candidates.values()];
}
