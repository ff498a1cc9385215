// Who sets something keeps their place: a chat that appears in the frame by itself takes the focus, and it is given back.

/** Milliseconds in which a chat may be appearing. */
const APPEARS = 4_000;
/** Milliseconds in which a Tab has taken the visitor into the frame. */
const TURN = 100;

/**
 * After `hold()`, until the chat has appeared, the focus stays in this page, unless the visitor goes into the frame.
 * After `release()` the chat may have it.
 * @param appears whether the chat is one that takes the focus: one within its page does not
 */
export function holdFocus(frame, appears) {
  let until = 0;
  let place = null;
  let turned = Number.NEGATIVE_INFINITY;

  addEventListener('focusin', ({ target }) => {
    if (target !== frame) place = target;
  });
  addEventListener(
    'keydown',
    ({ key }) => {
      if (key === 'Tab') turned = performance.now();
    },
    true,
  );
  frame.addEventListener('load', () => {
    frame.contentWindow.addEventListener(
      'pointerdown',
      () => {
        until = 0;
      },
      true,
    );
  });
  addEventListener('blur', () => {
    if (document.activeElement !== frame) return;
    if (performance.now() - turned < TURN) until = 0;
    // After the frame has it: what is taken back before that goes there all the same.
    if (performance.now() < until) setTimeout(give);
    until = 0;
  });

  function give() {
    if (document.activeElement !== frame) return;
    if (place?.isConnected) return place.focus({ preventScroll: true });
    // Nowhere yet: the next Tab begins at the top.
    document.body.tabIndex = -1;
    document.body.focus({ preventScroll: true });
    document.body.removeAttribute('tabindex');
  }

  return {
    hold() {
      if (appears()) until = performance.now() + APPEARS;
    },
    release() {
      until = 0;
    },
  };
}
