// The site in the frame: looks and begins as the page around it says, and tells it of everything that happens.
(() => {
  const frame = window.frameElement;
  // On its own there is nobody who says anything.
  if (!frame?.dataset.stage) return location.replace('/');

  const EVENTS = [
    'ready',
    'open',
    'close',
    'message',
    'message:sent',
    'unread',
    'connection',
    'tokenExpired',
    'loginRequired',
    'profileClick',
    'banned',
    'error',
  ];
  const root = document.documentElement;
  const sheet = new CSSStyleSheet();
  const tell = (what) => parent.postMessage(what, location.origin);

  /** @param look `{ style: [name, value][], css, dir }` */
  function dress({ style, css, dir }) {
    root.removeAttribute('style');
    for (const [name, value] of style) root.style.setProperty(name, value);
    sheet.replaceSync(css);
    root.dir = dir;
  }

  async function provide() {
    tell({ event: 'tokenProvider' });
    const body = new URLSearchParams({ username: frame.dataset.username, kind: 'member' });
    return (await (await fetch('/token', { method: 'POST', body })).json()).token;
  }

  const { params, look } = JSON.parse(frame.dataset.stage);
  document.adoptedStyleSheets = [sheet];
  window.dress = dress;
  /** Settings as the chat takes them. A function cannot be sent, so it is made here. */
  window.settle = (given) => (given.tokenProvider ? { ...given, tokenProvider: provide } : given);
  dress(look);
  root.classList.toggle('inline', params.mount !== undefined);
  for (const event of EVENTS)
    document.addEventListener(`chatty:${event}`, ({ detail }) =>
      tell({ event, detail: detail ?? undefined }),
    );
  const tellTitle = () => tell({ title: document.title });
  new MutationObserver(tellTitle).observe(document.head, {
    subtree: true,
    childList: true,
    characterData: true,
  });
  tellTitle();

  window.params = window.settle(params);
  const start = document.getElementById('start');
  start.hidden = params.autoload !== false;
  start.addEventListener('click', () => window.Chatty?.init());
  const script = document.createElement('script');
  script.src = `${root.dataset.chat}/widget.js`;
  document.body.append(script);
})();
