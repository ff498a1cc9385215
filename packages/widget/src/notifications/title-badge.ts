/** Puts the number of unread messages of all chats on the page before its title, and restores the title. */

/** More than this is not worth counting. */
const MAX_BADGE_COUNT = 99;
/** How often within a second it follows what the page writes: two scripts that answer each other would never rest. */
const MAX_UPDATES_PER_SECOND = 20;

type TitleBadge = {
  /** @param owner stands for one chat; 0 takes its share back */
  setCount(owner: object, unread: number): void;
};

/** The page has one title, so its chats share this. */
export const titleBadge: TitleBadge = createTitleBadge();

function createTitleBadge(): TitleBadge {
  const counts = new Map<object, number>();
  /** What the page itself says, and what stands there instead; null while nothing does. */
  let hostTitle: string | null = null;
  let badgeTitle = '';
  /** The page had no title: the element is ours. */
  let createdElement: Element | null = null;
  let currentSecond = 0;
  let updatesThisSecond = 0;
  const observer = new MutationObserver(() => {
    const now = Math.floor(performance.now() / 1_000);
    updatesThisSecond = now === currentSecond ? updatesThisSecond + 1 : 0;
    currentSecond = now;
    if (updatesThisSecond < MAX_UPDATES_PER_SECOND) renderTitle();
  });

  const element = () => document.head?.querySelector('title') ?? null;

  /** The title is the host's to change meanwhile: what it wrote counts, also when it wrote around what it read. */
  function readHostTitle(): string {
    const now = element()?.textContent ?? '';
    return hostTitle === null || now === badgeTitle
      ? (hostTitle ?? now)
      : now.replace(badgeTitle, () => hostTitle ?? '');
  }

  function writeTitle(text: string): void {
    const title = element();
    const [only, ...more] = title?.childNodes ?? [];
    // A framework may hold the text node, which setting the title would replace.
    if (only instanceof Text && more.length === 0) only.data = text;
    else if (title) title.textContent = text;
    else document.title = text;
    if (!title) createdElement = element();
  }

  function renderTitle(): void {
    const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
    observer.disconnect();
    if (total === 0 && hostTitle === null) return;
    hostTitle = readHostTitle();
    if (total > 0) {
      badgeTitle = `(${total > MAX_BADGE_COUNT ? `${MAX_BADGE_COUNT}+` : total}) ${hostTitle}`;
      if (element()?.textContent !== badgeTitle) writeTitle(badgeTitle);
      if (document.head)
        observer.observe(document.head, { childList: true, subtree: true, characterData: true });
      return;
    }
    if (createdElement && hostTitle === '') createdElement.remove();
    else if (element()?.textContent !== hostTitle) writeTitle(hostTitle);
    hostTitle = createdElement = null;
    badgeTitle = '';
  }

  return {
    setCount(owner, unread) {
      if (unread > 0) counts.set(owner, unread);
      else counts.delete(owner);
      renderTitle();
    },
  };
}
