/** A person's picture, or their initials on a colour derived from their id. */

import { useState } from 'preact/hooks';

const TINT_COUNT = 8;

export function Avatar({ userId, username, url }: { userId: string; username: string; url: string | null }) {
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  return (
    <span class={`avatar tint-${tintOf(userId)}`} aria-hidden="true">
      {url !== null && failedUrl !== url ? (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          referrerpolicy="no-referrer"
          onError={() => setFailedUrl(url)}
        />
      ) : (
        initialsOf(username)
      )}
    </span>
  );
}

/** Two syllables of a Korean name (the given name of a full one), two letters of a Latin one, else one character. */
function initialsOf(username: string): string {
  const words = username.split(/[\s._-]+/).filter((word) => word !== '');
  const word = words[0] ?? username;
  if (/^[가-힣]{2,}$/.test(word)) return word.slice(-2);
  const second = words[1];
  const letters = second === undefined ? [word] : [word, second];
  return letters.map(firstGrapheme).join('').toUpperCase();
}

function firstGrapheme(word: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word);
  return first?.segment ?? '';
}

function tintOf(userId: string): number {
  let hash = 0;
  for (const character of userId) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % TINT_COUNT;
}
