/** Draws a message's text: elements and text nodes only, so that nothing in it can be read as HTML. */

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Words } from '../i18n/strings.js';
import { jumbo, type Piece, parse } from './markup-parser.js';

/** @param own the reader's name, null while it is not known */
export function RichText({ text, own, words }: { text: string; own: string | null; words: Words }) {
  const drawn = useMemo(() => parse(text, { own }).map((piece) => draw(piece, words)), [text, own, words]);
  return jumbo(text) ? <span class="jumbo">{drawn}</span> : drawn;
}

function draw(piece: Piece, words: Words): ComponentChildren {
  if (typeof piece === 'string') return piece;
  const inside = piece.inside.map((each) => draw(each, words));
  switch (piece.kind) {
    case 'link':
      return (
        <a
          href={piece.href}
          // The real name of a host whose letters may look like others.
          title={/\bxn--/.test(piece.href) ? piece.href : undefined}
          target="_blank"
          rel="noopener noreferrer nofollow ugc"
        >
          {inside}
        </a>
      );
    case 'mention':
      return (
        <span class={`mention ${piece.own ? 'own' : ''}`}>
          <bdi>{inside}</bdi>
        </span>
      );
    case 'spoiler':
      return <Spoiler label={words.spoiler}>{inside}</Spoiler>;
    case 'pre':
      return <pre>{String(piece.inside[0]).replace(/^\n|\n$/g, '')}</pre>;
    default: {
      const Element = piece.kind;
      return <Element>{inside}</Element>;
    }
  }
}

/** The button lies over the text and stays beside it, since links inside a button would not open. */
function Spoiler({ label, children }: { label: string; children: ComponentChildren }) {
  const [shown, setShown] = useState(false);
  return (
    <span class="spoiler">
      <button type="button" aria-expanded={shown} aria-label={label} onClick={() => setShown(!shown)} />
      <span>{children}</span>
    </span>
  );
}
