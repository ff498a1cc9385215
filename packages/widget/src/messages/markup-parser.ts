/** Decides what of a message's text is drawn as more than text: marks, code, links, mentions. Linear, and loses nothing of the text. */

/** What stands between `mark` and `mark`. */
interface Branch<Kind> {
  kind: Kind;
  mark: string;
  inside: Piece[];
}
/** A string stands for itself. Most kinds are called like their element. */
export type Piece =
  | string
  | Branch<'strong' | 'em' | 's' | 'spoiler' | 'code' | 'pre'>
  | (Branch<'link'> & { href: string })
  | (Branch<'mention'> & { own: boolean });

const KINDS = {
  '**': 'strong',
  '*': 'em',
  _: 'em',
  '~~': 's',
  '||': 'spoiler',
  '`': 'code',
  '```': 'pre',
} as const;
type Mark = keyof typeof KINDS;
/** Most marks within one another. */
const DEPTH = 3;

/** Where there may be more than text. */
const SIGN = /([*_~|`])\1*|@|https?:\/\/|www\.(?=[^\s/?#.]+\.[^\s.])/gi;
/**
 * An address: something before an `@` in it (1), or a host and a path. The host is ASCII and ends before Hangul, or has
 * other letters; the path is ASCII with its brackets in pairs. Nothing has to follow what repeats, so that no more than
 * a host is ever read again.
 */
const ADDRESS =
  /(?:https?:\/\/)?(?:([^\s/?#]{0,99}@\S*)|(?:(?:[\w-]+\.)+[a-z\d-]+|(?:[\w\p{L}\p{M}-]+\.)+[a-z\d-]+|[\w\p{L}\p{M}.-]+)(?::\d+)?(?:[/?#](?:[\w!#-'*-;=?@~]|[([][\w!#-'*-;=?@~]*[)\]])*)?)/iuy;
const NAME = /(?=_*[\p{L}\p{N}])[\p{L}\p{M}\p{N}_.-]{1,40}/uy;
/** Letters of scripts that part their words with spaces: a word goes on with them. Hangul may be a particle. */
const WORD = /[\p{Lu}\p{Ll}\p{N}_]/u;
/** What may stand before a mark that opens only at the beginning of a word; halves of emoji among it. */
const BEFORE = /[\s\p{Ps}\p{Pi}\p{Cs}]/u;
/** Faces such as `(*^^*)`, `*.*` and the emoji of the key begin with the others. */
const AFTER = /(?!\ufe0f)[^\s.^'´]/;

const EMOJI =
  /^(?:\s*(?:\p{RI}{2}|[\d#*]\ufe0f?\u20e3|(?![©®™])\p{ExtPict}(?:[\ufe0f\p{EMod}\u{e0020}-\u{e007f}]|\u200d\p{ExtPict})*)){1,6}$/u;

/** Whether a text is nothing but 1 to 6 emoji. */
export const jumbo = (text: string): boolean => EMOJI.test(text);

const matchAt = (pattern: RegExp, text: string, at: number) => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/**
 * Strings may follow one another in the answer.
 * @param names `own`: the reader's name; a mention of it is marked
 */
export function parse(text: string, { own }: { own: string | null } = { own: null }): Piece[] {
  const root: Piece[] = [];
  /** Each within the one before. At most one of each mark, the newest. */
  const open: { mark: Mark; pieces: Piece[] }[] = [];
  /** Where the text that is not yet in a piece begins. */
  let from = 0;
  let at = 0;

  const afterOpening = (start: number) => from === start && open.at(-1)?.pieces.length === 0;
  const level = (depth: number) => open[depth - 1]?.pieces ?? root;

  /** The text up to `start`, then what stands between there and `end`. */
  function put(start: number, end: number, ...piece: Piece[]): void {
    if (start > from) piece.unshift(text.slice(from, start));
    level(open.length).push(...piece);
    from = at = end;
  }

  /** Makes an opening mark text. */
  function drop(index: number): void {
    for (const { mark, pieces } of open.splice(index, 1)) level(index).push(mark, ...pieces);
  }

  /** Ends what an opening mark began; marks opened since then are text. */
  function close(index: number): void {
    put(at, at + (open[index]?.mark.length ?? 0));
    while (open[index + 1]) drop(index + 1);
    for (const { mark, pieces } of open.splice(index))
      level(index).push({ kind: KINDS[mark], mark, inside: pieces });
  }

  /** Where a word ends that is followed by the punctuation of its sentence, or by marks that close. */
  function wordEnd(start: number, end: number): number {
    let last = end;
    const trails = (sign: string) => ".,!?;:'".includes(sign) || open.some(({ mark }) => mark[0] === sign);
    while (last > start && trails(text.charAt(last - 1))) last -= 1;
    return last;
  }

  function code(mark: '`' | '```', start: number): void {
    const end = text.indexOf(mark, at);
    const inside = text.slice(at, end);
    if (end > at && (mark === '```' || !(inside.includes('\n') || text[end + 1] === mark)))
      put(start, end + mark.length, { kind: KINDS[mark], mark, inside: [inside] });
  }

  function link(start: number): void {
    const found = matchAt(ADDRESS, text, start);
    if (!found) return;
    at = start + found[0].length;
    // Who reads `https://kimpga.com@evil.example` takes the wrong part for the host: it is no link.
    if (found[1]) return;
    const end = wordEnd(start, at);
    const written = text.slice(start, end);
    try {
      const { href } = new URL(/^w/i.test(written) ? `https://${written}` : written);
      put(start, end, { kind: 'link', mark: '', inside: [written], href });
    } catch {}
  }

  function mention(start: number): void {
    let end = at + (own?.length ?? 0);
    const isOwn = !!own && text.startsWith(own, at) && !WORD.test(text.charAt(end));
    if (!isOwn) end = wordEnd(at, at + (matchAt(NAME, text, at)?.[0].length ?? 0));
    if (end > at)
      put(start, end, { kind: 'mention', mark: '', inside: [text.slice(start, end)], own: isOwn });
  }

  function marks(sign: string, start: number, before: string, after: string): void {
    const end = start + sign.length;
    at = start;
    const closes = () =>
      open.findLastIndex(
        ({ mark }) =>
          mark[0] === sign[0] &&
          [3, mark.length].includes(end - at) &&
          (mark.length > 1 || !WORD.test(after)),
      );
    if (/\S/.test(before)) for (let index = closes(); index >= 0; index = closes()) close(index);
    while (at < end) {
      const mark = sign.slice(0, end - at === 3 ? 2 : end - at) as Mark;
      const opens = /\*\*|\|/.test(mark)
        ? /\S/.test(after) && !(WORD.test(before) && WORD.test(after))
        : AFTER.test(after) && (BEFORE.test(before) || afterOpening(at));
      if (!opens) {
        // Marks with nothing between them are a face, `*_*`.
        if (afterOpening(at)) while (open[0]) drop(0);
        break;
      }
      put(at, at + mark.length);
      const old = open.findIndex((each) => each.mark === mark);
      if (old >= 0 || open.length === DEPTH) drop(Math.max(old, 0));
      open.push({ mark, pieces: [] });
    }
    at = end;
  }

  for (let found = matchAt(SIGN, text, 0); found; found = matchAt(SIGN, text, at)) {
    const [sign] = found;
    const start = found.index;
    // A mark that has just opened begins a word.
    const before = (!afterOpening(start) && text[start - 1]) || ' ';
    at = start + sign.length;
    if (sign === '@') {
      if (!WORD.test(before)) mention(start);
    } else if (/\w{2}/.test(sign)) {
      if (!/\w/.test(before)) link(start);
    } else if (sign === '`' || sign === '```') code(sign, start);
    else if (sign === '***' || sign in KINDS) marks(sign, start, before, text[at] ?? ' ');
  }
  put(text.length, text.length);
  while (open[0]) drop(0);
  return root;
}
