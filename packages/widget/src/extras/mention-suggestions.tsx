/** Suggests names for an @ before the caret: recent authors and people in the room, chosen by key or tap. */

import type { ChatClient } from '@chatty/client';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Avatar } from '../panel/avatar.js';
import { extraStringsOf } from './strings.js';

type MentionCandidate = { userId: string; username: string; avatar: string | null };

/** An @ at the start of a word and the text between it and the caret; names have at most 40 characters. */
const MENTION_AT_CARET = /(?:^|[\s(])@([\p{L}\p{M}\p{N}_.-]{0,40})$/u;
const MAX_SUGGESTIONS = 6;
/** Messages searched for recent authors. */
const RECENT_ITEMS_SEARCHED = 200;

/** Prefixes by letter, so that a syllable that is still being composed finds the name it will become. */
const searchKey = (text: string) => text.normalize('NFD').toLowerCase();

type Props = {
  chat: ChatClient;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  language: Language;
  setText: (text: string) => void;
  /** Set here: inserts the selected name instead of sending; false where there is none. */
  acceptSuggestion: RefObject<(() => boolean) | null>;
};

export function MentionSuggestions({ chat, field, text, language, setText, acceptSuggestion }: Props) {
  const [selectedIndex, setSelectedIndex] = useState(0);
  const [dismissedText, setDismissedText] = useState('');
  const caret = field.current?.selectionStart ?? 0;
  const mentionPrefix = MENTION_AT_CARET.exec(text.slice(0, caret))?.[1] ?? null;
  const isMentioning = mentionPrefix !== null && dismissedText !== text;
  const membersInRoom = useMembersInRoom(chat, isMentioning);
  const suggestions = isMentioning ? findSuggestions(chat, membersInRoom, mentionPrefix) : [];
  const activeIndex = Math.min(selectedIndex, suggestions.length - 1);
  useEffect(() => setSelectedIndex(0), [isMentioning, chat]);

  const insertMention = (person: MentionCandidate | undefined) => {
    const element = field.current;
    if (!element || !person || mentionPrefix === null) return false;
    element.setRangeText(`@${person.username} `, caret - mentionPrefix.length - 1, caret, 'end');
    element.focus();
    setText(element.value);
    return true;
  };
  acceptSuggestion.current = () => insertMention(suggestions[activeIndex]);

  useFieldKeys(field, (event) => {
    if (suggestions.length === 0) return false;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) setSelectedIndex((activeIndex + step + suggestions.length) % suggestions.length);
    else if (event.key === 'Escape') setDismissedText(text);
    else return event.key === 'Tab' && !event.shiftKey && insertMention(suggestions[activeIndex]);
    return true;
  });
  useActiveDescendant(field, suggestions.length > 0 ? activeIndex : null);

  if (suggestions.length === 0) return null;
  return (
    <div class="popup mentions" role="listbox" id="mentions" aria-label={extraStringsOf(language).mention}>
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

/** Asks the server each time the visitor begins a mention. */
function useMembersInRoom(chat: ChatClient, isMentioning: boolean): readonly MentionCandidate[] {
  const [membersInRoom, setMembersInRoom] = useState<readonly MentionCandidate[]>([]);
  useEffect(() => {
    if (isMentioning) void chat.members().then((answer) => answer?.ok && setMembersInRoom(answer.members));
  }, [isMentioning, chat]);
  return membersInRoom;
}

/** @param onKeydown true: the key was used and does nothing else */
function useFieldKeys(
  field: RefObject<HTMLTextAreaElement | null>,
  onKeydown: (event: KeyboardEvent) => boolean,
): void {
  // A layout effect: a visitor who sees a name may already press the key that inserts it.
  useLayoutEffect(() => {
    const element = field.current;
    const listener = (event: KeyboardEvent) => {
      if (!onKeydown(event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    element?.addEventListener('keydown', listener, true);
    return () => element?.removeEventListener('keydown', listener, true);
  });
}

/** Tells a screen reader which suggestion is selected while the field keeps the focus; null: there are none. */
function useActiveDescendant(field: RefObject<HTMLTextAreaElement | null>, activeIndex: number | null): void {
  useEffect(() => {
    const element = field.current;
    if (activeIndex === null) {
      element?.removeAttribute('aria-activedescendant');
      element?.removeAttribute('aria-controls');
    } else {
      element?.setAttribute('aria-activedescendant', `mention-${activeIndex}`);
      element?.setAttribute('aria-controls', 'mentions');
    }
  });
}

function findSuggestions(
  chat: ChatClient,
  membersInRoom: readonly MentionCandidate[],
  prefix: string,
): MentionCandidate[] {
  return mentionCandidates(chat, membersInRoom)
    .filter(({ username }) => searchKey(username).startsWith(searchKey(prefix)))
    .slice(0, MAX_SUGGESTIONS);
}

/** Everyone once, the latest author first, without the visitor. */
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
