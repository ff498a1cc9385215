/** Renders a message's text as elements and text nodes only, so that nothing in it is read as HTML. */

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Strings } from '../i18n/strings.js';
import { isEmojiOnly, type MarkupPiece, parseMarkup } from './markup-parser.js';

/** @param own the reader's name, null while it is not known */
export function MessageText({
  text,
  ownName,
  strings,
}: {
  text: string;
  ownName: string | null;
  strings: Strings;
}) {
  const rendered = useMemo(
    () => parseMarkup(text, { own: ownName }).map((piece) => renderPiece(piece, strings)),
    [text, ownName, strings],
  );
  return isEmojiOnly(text) ? <span class="jumbo">{rendered}</span> : rendered;
}

function renderPiece(piece: MarkupPiece, strings: Strings): ComponentChildren {
  if (typeof piece === 'string') return piece;
  const children = piece.children.map((child) => renderPiece(child, strings));
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
          {children}
        </a>
      );
    case 'mention':
      return (
        <span class={`mention ${piece.own ? 'own' : ''}`}>
          <bdi>{children}</bdi>
        </span>
      );
    case 'spoiler':
      return <Spoiler label={strings.spoiler}>{children}</Spoiler>;
    case 'pre':
      return <pre>{String(piece.children[0]).replace(/^\n|\n$/g, '')}</pre>;
    default: {
      const Element = piece.kind;
      return <Element>{children}</Element>;
    }
  }
}

/** The button lies over the text and stays beside it, since links inside a button would not open. */
function Spoiler({ label, children }: { label: string; children: ComponentChildren }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <span class="spoiler">
      <button type="button" aria-expanded={isShown} aria-label={label} onClick={() => setIsShown(!isShown)} />
      <span>{children}</span>
    </span>
  );
}
