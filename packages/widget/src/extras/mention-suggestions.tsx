/** Who may be meant by an @ before the caret: people who spoke lately and people in the room, by the keys or a tap. */

import type { Chat } from '@chatty/client/chat';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Language } from '../i18n/locale.js';
import { Avatar } from '../panel/avatar.js';
import { wordsOf } from './strings.js';

type Person = { userId: string; username: string; avatar: string | null };

/** An @ at the start of a word, and what stands between it and the caret; names have at most 40 characters. */
const ASKED = /(?:^|[\s(])@([\p{L}\p{M}\p{N}_.-]{0,40})$/u;
const SHOWN = 6;
/** Lines looked through for people who spoke. */
const LATELY = 200;

/** Prefixes by letter, so that a syllable that is still being composed finds the name it will become. */
const letters = (text: string) => text.normalize('NFD').toLowerCase();

/** @param taker is given what takes the chosen name, for the Enter that would send; answers whether there was one to take */
export function Mentions({
  chat,
  field,
  text,
  language,
  write,
  taker,
}: {
  chat: Chat;
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  language: Language;
  write: (text: string) => void;
  taker: RefObject<(() => boolean) | null>;
}) {
  const words = wordsOf(language);
  const [here, setHere] = useState<readonly Person[]>([]);
  const [chosen, setChosen] = useState(0);
  const [left, setLeft] = useState('');
  const caret = field.current?.selectionStart ?? 0;
  const asked = ASKED.exec(text.slice(0, caret))?.[1] ?? null;
  const asking = asked !== null && left !== text;
  const found = asking
    ? peopleOf(chat, here).filter(({ username }) => letters(username).startsWith(letters(asked)))
    : [];
  const shown = found.slice(0, SHOWN);
  const at = Math.min(chosen, shown.length - 1);

  useEffect(() => {
    setChosen(0);
    if (asking) void chat.members().then((answer) => answer?.ok && setHere(answer.members));
  }, [asking, chat]);

  const take = (person: Person | undefined) => {
    const element = field.current;
    if (!element || !person || asked === null) return false;
    element.setRangeText(`@${person.username} `, caret - asked.length - 1, caret, 'end');
    element.focus();
    write(element.value);
    return true;
  };
  taker.current = () => take(shown[at]);

  // With the drawing: who sees a name to choose may press the key that takes it.
  useLayoutEffect(() => {
    const element = field.current;
    const key = (event: KeyboardEvent) => {
      if (shown.length === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step !== 0) setChosen((at + step + shown.length) % shown.length);
      else if (event.key === 'Escape') setLeft(text);
      else if (event.key !== 'Tab' || event.shiftKey || !take(shown[at])) return;
      event.preventDefault();
      event.stopPropagation();
    };
    element?.addEventListener('keydown', key, true);
    return () => element?.removeEventListener('keydown', key, true);
  });
  useEffect(() => {
    const element = field.current;
    if (shown.length > 0) element?.setAttribute('aria-activedescendant', `mention-${at}`);
    else element?.removeAttribute('aria-activedescendant');
    if (shown.length > 0) element?.setAttribute('aria-controls', 'mentions');
    else element?.removeAttribute('aria-controls');
  });

  if (shown.length === 0) return null;
  return (
    <div class="popup mentions" role="listbox" id="mentions" aria-label={words.mention}>
      {shown.map((person, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
        <div
          key={person.userId}
          id={`mention-${index}`}
          class="person"
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          // The field keeps the focus, and on a phone its keyboard.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(person)}
        >
          <Avatar userId={person.userId} username={person.username} url={person.avatar} />
          <bdi>{person.username}</bdi>
        </div>
      ))}
    </div>
  );
}

/** Each once, whoever spoke last first, without oneself. */
function peopleOf(chat: Chat, here: readonly Person[]): Person[] {
  const people = new Map<string, Person>();
  for (const line of chat.lines.slice(-LATELY).reverse())
    if (line.kind === 'stored' && !people.has(line.message.userId))
      people.set(line.message.userId, line.message);
  for (const person of here) if (!people.has(person.userId)) people.set(person.userId, person);
  people.delete(chat.session?.userId ?? '');
  return [...people.values()];
}
