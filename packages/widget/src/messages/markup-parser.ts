/** Parses the markup of a message: marks, code, links and mentions. Linear, and no character of the text is lost. */

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
 * The result may hold several strings in a row.
 * @param options `own`: the reader's name; mentions of it are marked
 */
export function parseMarkup(text: string, { own }: { own: string | null } = { own: null }): MarkupPiece[] {
  return new MarkupParser(text, own).parse();
}

class MarkupParser {
  readonly #text: string;
  readonly #own: string | null;
  readonly #root: MarkupPiece[] = [];
  /** Each is nested in the one before. At most one of each mark, the newest. */
  readonly #openMarks: { mark: MarkupMark; pieces: MarkupPiece[] }[] = [];
  /** Where the text begins that is not yet in a piece. */
  #textStart = 0;
  #position = 0;

  constructor(text: string, own: string | null) {
    this.#text = text;
    this.#own = own;
  }

  parse(): MarkupPiece[] {
    const text = this.#text;
    const nextMatch = () => matchAt(MARKUP_START, text, this.#position);
    for (let match = nextMatch(); match; match = nextMatch()) {
      const [sign] = match;
      const start = match.index;
      // A mark that has just opened begins a word.
      const before = (!this.#isRightAfterOpening(start) && text[start - 1]) || ' ';
      this.#position = start + sign.length;
      if (sign === '@') {
        if (!WORD_CHARACTER.test(before)) this.#parseMention(start);
      } else if (/\w{2}/.test(sign)) {
        if (!/\w/.test(before)) this.#parseLink(start);
      } else if (sign === '`' || sign === '```') this.#parseCode(sign, start);
      else if (sign === '***' || sign in KIND_BY_MARK) this.#parseMarks(sign, start, before);
    }
    this.#appendPieces(text.length, text.length);
    while (this.#openMarks[0]) this.#revertOpeningMark(0);
    return this.#root;
  }

  #parseMention(start: number): void {
    const own = this.#own;
    const nameStart = this.#position;
    let end = nameStart + (own?.length ?? 0);
    const isOwn =
      !!own && this.#text.startsWith(own, nameStart) && !WORD_CHARACTER.test(this.#text.charAt(end));
    if (!isOwn) {
      const name = matchAt(MENTION_NAME, this.#text, nameStart)?.[0] ?? '';
      end = this.#wordEnd(nameStart, nameStart + name.length);
    }
    if (end > nameStart)
      this.#appendPieces(start, end, {
        kind: 'mention',
        mark: '',
        children: [this.#text.slice(start, end)],
        own: isOwn,
      });
  }

  #parseLink(start: number): void {
    const match = matchAt(LINK_PATTERN, this.#text, start);
    if (!match) return;
    this.#position = start + match[0].length;
    // In `https://kimpga.com@evil.example` readers take the wrong part for the host, so it is no link.
    if (match[1]) return;
    const end = this.#wordEnd(start, this.#position);
    const linkText = this.#text.slice(start, end);
    try {
      const { href } = new URL(/^w/i.test(linkText) ? `https://${linkText}` : linkText);
      this.#appendPieces(start, end, { kind: 'link', mark: '', children: [linkText], href });
    } catch {}
  }

  #parseCode(mark: '`' | '```', start: number): void {
    const position = this.#position;
    const end = this.#text.indexOf(mark, position);
    const code = this.#text.slice(position, end);
    if (end > position && (mark === '```' || !(code.includes('\n') || this.#text[end + 1] === mark)))
      this.#appendPieces(start, end + mark.length, { kind: KIND_BY_MARK[mark], mark, children: [code] });
  }

  #parseMarks(sign: string, start: number, before: string): void {
    const end = this.#position;
    const after = this.#text[end] ?? ' ';
    this.#position = start;
    if (/\S/.test(before)) this.#closeMarks(sign, end, after);
    while (this.#position < end) {
      const length = end - this.#position;
      const mark = sign.slice(0, length === 3 ? 2 : length) as MarkupMark;
      if (!this.#canOpen(mark, before, after)) {
        // Marks with nothing between them are an emoticon, `*_*`.
        if (this.#isRightAfterOpening(this.#position)) while (this.#openMarks[0]) this.#revertOpeningMark(0);
        break;
      }
      this.#openMark(mark);
    }
    this.#position = end;
  }

  #closeMarks(sign: string, end: number, after: string): void {
    const indexOfClosedMark = () =>
      this.#openMarks.findLastIndex(
        ({ mark }) =>
          mark[0] === sign[0] &&
          [3, mark.length].includes(end - this.#position) &&
          (mark.length > 1 || !WORD_CHARACTER.test(after)),
      );
    for (let index = indexOfClosedMark(); index >= 0; index = indexOfClosedMark()) this.#closeMark(index);
  }

  #canOpen(mark: MarkupMark, before: string, after: string): boolean {
    if (/\*\*|\|/.test(mark))
      return /\S/.test(after) && !(WORD_CHARACTER.test(before) && WORD_CHARACTER.test(after));
    return (
      AFTER_OPENING_MARK.test(after) &&
      (BEFORE_OPENING_MARK.test(before) || this.#isRightAfterOpening(this.#position))
    );
  }

  #openMark(mark: MarkupMark): void {
    this.#appendPieces(this.#position, this.#position + mark.length);
    const existingIndex = this.#openMarks.findIndex((each) => each.mark === mark);
    if (existingIndex >= 0 || this.#openMarks.length === MAX_MARK_DEPTH)
      this.#revertOpeningMark(Math.max(existingIndex, 0));
    this.#openMarks.push({ mark, pieces: [] });
  }

  /** Ends what an opening mark began; marks opened since then become text. */
  #closeMark(index: number): void {
    this.#appendPieces(this.#position, this.#position + (this.#openMarks[index]?.mark.length ?? 0));
    while (this.#openMarks[index + 1]) this.#revertOpeningMark(index + 1);
    for (const { mark, pieces } of this.#openMarks.splice(index))
      this.#piecesAtDepth(index).push({ kind: KIND_BY_MARK[mark], mark, children: pieces });
  }

  /** Turns an opening mark back into text. */
  #revertOpeningMark(index: number): void {
    for (const { mark, pieces } of this.#openMarks.splice(index, 1))
      this.#piecesAtDepth(index).push(mark, ...pieces);
  }

  /** Appends the text up to `start`, then the pieces for the text between `start` and `end`. */
  #appendPieces(start: number, end: number, ...pieces: MarkupPiece[]): void {
    if (start > this.#textStart) pieces.unshift(this.#text.slice(this.#textStart, start));
    this.#piecesAtDepth(this.#openMarks.length).push(...pieces);
    this.#textStart = this.#position = end;
  }

  /** The end of a word without the punctuation of its sentence and without marks that close. */
  #wordEnd(start: number, end: number): number {
    let last = end;
    const isTrailing = (sign: string) =>
      ".,!?;:'".includes(sign) || this.#openMarks.some(({ mark }) => mark[0] === sign);
    while (last > start && isTrailing(this.#text.charAt(last - 1))) last -= 1;
    return last;
  }

  #isRightAfterOpening(start: number): boolean {
    return this.#textStart === start && this.#openMarks.at(-1)?.pieces.length === 0;
  }

  #piecesAtDepth(depth: number): MarkupPiece[] {
    return this.#openMarks[depth - 1]?.pieces ?? this.#root;
  }
}
