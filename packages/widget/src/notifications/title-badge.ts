/** How many messages wait, before the page's title: of all chats on the page together, and gone without a trace. */

/** More than this is not worth counting. */
const MOST = 99;
/** How often within a second it follows what the page writes: two scripts that answer each other would never rest. */
const MOST_OFTEN = 20;

type TitleBadge = {
  /** @param whose stands for one chat; 0 takes its share back */
  count(whose: object, unread: number): void;
};

/** The page has one title, so its chats share this. */
export const titleBadge: TitleBadge = createTitleBadge();

function createTitleBadge(): TitleBadge {
  const counts = new Map<object, number>();
  /** What the page itself says, and what stands there instead; null while nothing does. */
  let own: string | null = null;
  let shown = '';
  /** The page had no title: the element is ours. */
  let made: Element | null = null;
  let second = 0;
  let followed = 0;
  const observer = new MutationObserver(() => {
    const now = Math.floor(performance.now() / 1_000);
    followed = now === second ? followed + 1 : 0;
    second = now;
    if (followed < MOST_OFTEN) draw();
  });

  const element = () => document.head?.querySelector('title') ?? null;

  /** The title is the host's to change meanwhile: what it wrote counts, also when it wrote around what it read. */
  function read(): string {
    const now = element()?.textContent ?? '';
    return own === null || now === shown ? (own ?? now) : now.replace(shown, () => own ?? '');
  }

  function write(text: string): void {
    const title = element();
    const [only, ...more] = title?.childNodes ?? [];
    // A framework may hold the text node, which setting the title would replace.
    if (only instanceof Text && more.length === 0) only.data = text;
    else if (title) title.textContent = text;
    else document.title = text;
    if (!title) made = element();
  }

  function draw(): void {
    const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
    observer.disconnect();
    if (total === 0 && own === null) return;
    own = read();
    if (total > 0) {
      shown = `(${total > MOST ? `${MOST}+` : total}) ${own}`;
      if (element()?.textContent !== shown) write(shown);
      if (document.head)
        observer.observe(document.head, { childList: true, subtree: true, characterData: true });
      return;
    }
    if (made && own === '') made.remove();
    else if (element()?.textContent !== own) write(own);
    own = made = null;
    shown = '';
  }

  return {
    count(whose, unread) {
      if (unread > 0) counts.set(whose, unread);
      else counts.delete(whose);
      draw();
    },
  };
}
