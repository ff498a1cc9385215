/** Decides what of a message's text is drawn as more than text: marks, code, links, mentions. Linear, and loses nothing of the text. */

/** What stands between `mark` and `mark`. */
interface MarkupNode<Kind> {
  kind: Kind;
  mark: string;
  children: MarkupPiece[];
}
/** A string stands for itself. Most kinds are called like their element. */
export type MarkupPiece =
  | string
  | MarkupNode<'strong' | 'em' | 's' | 'spoiler' | 'code' | 'pre'>
  | (MarkupNode<'link'> & { href: string })
  | (MarkupNode<'mention'> & { own: boolean });

const KIND_BY_MARK = {
  '**': 'strong',
  '*': 'em',
  _: 'em',
  '~~': 's',
  '||': 'spoiler',
  '`': 'code',
  '```': 'pre',
} as const;
type MarkupMark = keyof typeof KIND_BY_MARK;
/** Most marks within one another. */
const MAX_MARK_DEPTH = 3;

/** Where there may be more than text. */
const MARKUP_START = /([*_~|`])\1*|@|https?:\/\/|www\.(?=[^\s/?#.]+\.[^\s.])/gi;
/**
 * An address: something before an `@` in it (1), or a host and a path. The host is ASCII and ends before Hangul, or has
 * other letters; the path is ASCII with its brackets in pairs. Nothing has to follow what repeats, so that no more than
 * a host is ever read again.
 */
const LINK_PATTERN =
  /(?:https?:\/\/)?(?:([^\s/?#]{0,99}@\S*)|(?:(?:[\w-]+\.)+[a-z\d-]+|(?:[\w\p{L}\p{M}-]+\.)+[a-z\d-]+|[\w\p{L}\p{M}.-]+)(?::\d+)?(?:[/?#](?:[\w!#-'*-;=?@~]|[([][\w!#-'*-;=?@~]*[)\]])*)?)/iuy;
const MENTION_NAME = /(?=_*[\p{L}\p{N}])[\p{L}\p{M}\p{N}_.-]{1,40}/uy;
/** Letters of scripts that part their words with spaces: a word goes on with them. Hangul may be a particle. */
const WORD_CHARACTER = /[\p{Lu}\p{Ll}\p{N}_]/u;
/** What may stand before a mark that opens only at the beginning of a word; halves of emoji among it. */
const BEFORE_OPENING_MARK = /[\s\p{Ps}\p{Pi}\p{Cs}]/u;
/** Faces such as `(*^^*)`, `*.*` and the emoji of the key begin with the others. */
const AFTER_OPENING_MARK = /(?!\ufe0f)[^\s.^'´]/;

const EMOJI_ONLY =
  /^(?:\s*(?:\p{RI}{2}|[\d#*]\ufe0f?\u20e3|(?![©®™])\p{ExtPict}(?:[\ufe0f\p{EMod}\u{e0020}-\u{e007f}]|\u200d\p{ExtPict})*)){1,6}$/u;

/** Whether a text is nothing but 1 to 6 emoji. */
export const isEmojiOnly = (text: string): boolean => EMOJI_ONLY.test(text);

const matchAt = (pattern: RegExp, text: string, position: number) => {
  pattern.lastIndex = position;
  return pattern.exec(text);
};

/**
 * Strings may follow one another in the answer.
 * @param names `own`: the reader's name; a mention of it is marked
 */
export function parseMarkup(text: string, { own }: { own: string | null } = { own: null }): MarkupPiece[] {
  const root: MarkupPiece[] = [];
  /** Each within the one before. At most one of each mark, the newest. */
  const openMarks: { mark: MarkupMark; pieces: MarkupPiece[] }[] = [];
  /** Where the text that is not yet in a piece begins. */
  let textStart = 0;
  let position = 0;

  const isRightAfterOpening = (start: number) => textStart === start && openMarks.at(-1)?.pieces.length === 0;
  const piecesAtDepth = (depth: number) => openMarks[depth - 1]?.pieces ?? root;

  /** The text up to `start`, then what stands between there and `end`. */
  function appendPieces(start: number, end: number, ...pieces: MarkupPiece[]): void {
    if (start > textStart) pieces.unshift(text.slice(textStart, start));
    piecesAtDepth(openMarks.length).push(...pieces);
    textStart = position = end;
  }

  /** Makes an opening mark text. */
  function revertOpeningMark(index: number): void {
    for (const { mark, pieces } of openMarks.splice(index, 1)) piecesAtDepth(index).push(mark, ...pieces);
  }

  /** Ends what an opening mark began; marks opened since then are text. */
  function closeMark(index: number): void {
    appendPieces(position, position + (openMarks[index]?.mark.length ?? 0));
    while (openMarks[index + 1]) revertOpeningMark(index + 1);
    for (const { mark, pieces } of openMarks.splice(index))
      piecesAtDepth(index).push({ kind: KIND_BY_MARK[mark], mark, children: pieces });
  }

  /** Where a word ends that is followed by the punctuation of its sentence, or by marks that close. */
  function wordEnd(start: number, end: number): number {
    let last = end;
    const isTrailing = (sign: string) =>
      ".,!?;:'".includes(sign) || openMarks.some(({ mark }) => mark[0] === sign);
    while (last > start && isTrailing(text.charAt(last - 1))) last -= 1;
    return last;
  }

  function parseCode(mark: '`' | '```', start: number): void {
    const end = text.indexOf(mark, position);
    const children = text.slice(position, end);
    if (end > position && (mark === '```' || !(children.includes('\n') || text[end + 1] === mark)))
      appendPieces(start, end + mark.length, { kind: KIND_BY_MARK[mark], mark, children: [children] });
  }

  function parseLink(start: number): void {
    const match = matchAt(LINK_PATTERN, text, start);
    if (!match) return;
    position = start + match[0].length;
    // Who reads `https://kimpga.com@evil.example` takes the wrong part for the host: it is no link.
    if (match[1]) return;
    const end = wordEnd(start, position);
    const linkText = text.slice(start, end);
    try {
      const { href } = new URL(/^w/i.test(linkText) ? `https://${linkText}` : linkText);
      appendPieces(start, end, { kind: 'link', mark: '', children: [linkText], href });
    } catch {}
  }

  function parseMention(start: number): void {
    let end = position + (own?.length ?? 0);
    const isOwn = !!own && text.startsWith(own, position) && !WORD_CHARACTER.test(text.charAt(end));
    if (!isOwn) end = wordEnd(position, position + (matchAt(MENTION_NAME, text, position)?.[0].length ?? 0));
    if (end > position)
      appendPieces(start, end, { kind: 'mention', mark: '', children: [text.slice(start, end)], own: isOwn });
  }

  function parseMarks(sign: string, start: number, before: string, after: string): void {
    const end = start + sign.length;
    position = start;
    const indexOfClosedMark = () =>
      openMarks.findLastIndex(
        ({ mark }) =>
          mark[0] === sign[0] &&
          [3, mark.length].includes(end - position) &&
          (mark.length > 1 || !WORD_CHARACTER.test(after)),
      );
    if (/\S/.test(before))
      for (let index = indexOfClosedMark(); index >= 0; index = indexOfClosedMark()) closeMark(index);
    while (position < end) {
      const mark = sign.slice(0, end - position === 3 ? 2 : end - position) as MarkupMark;
      const canOpen = /\*\*|\|/.test(mark)
        ? /\S/.test(after) && !(WORD_CHARACTER.test(before) && WORD_CHARACTER.test(after))
        : AFTER_OPENING_MARK.test(after) &&
          (BEFORE_OPENING_MARK.test(before) || isRightAfterOpening(position));
      if (!canOpen) {
        // Marks with nothing between them are a face, `*_*`.
        if (isRightAfterOpening(position)) while (openMarks[0]) revertOpeningMark(0);
        break;
      }
      appendPieces(position, position + mark.length);
      const existingIndex = openMarks.findIndex((each) => each.mark === mark);
      if (existingIndex >= 0 || openMarks.length === MAX_MARK_DEPTH)
        revertOpeningMark(Math.max(existingIndex, 0));
      openMarks.push({ mark, pieces: [] });
    }
    position = end;
  }

  for (let match = matchAt(MARKUP_START, text, 0); match; match = matchAt(MARKUP_START, text, position)) {
    const [sign] = match;
    const start = match.index;
    // A mark that has just opened begins a word.
    const before = (!isRightAfterOpening(start) && text[start - 1]) || ' ';
    position = start + sign.length;
    if (sign === '@') {
      if (!WORD_CHARACTER.test(before)) parseMention(start);
    } else if (/\w{2}/.test(sign)) {
      if (!/\w/.test(before)) parseLink(start);
    } else if (sign === '`' || sign === '```') parseCode(sign, start);
    else if (sign === '***' || sign in KIND_BY_MARK) parseMarks(sign, start, before, text[position] ?? ' ');
  }
  appendPieces(text.length, text.length);
  while (openMarks[0]) revertOpeningMark(0);
  return root;
}
