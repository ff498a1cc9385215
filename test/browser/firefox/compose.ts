/** Tells the field what Firefox tells of an input method: no browser takes a composition from outside but by its system's input. */

/**
 * `taken`: Enter went to the input method. `ended`: the composition is over. `late`: Enter went to the input method, and is
 * told after the end. `plain`: an ordinary Enter.
 */
export type CompositionEvents = 'taken' | 'ended' | 'late' | 'plain';

/** Runs in the page. */
export function dispatchComposition(composed: string, order: CompositionEvents[]): void {
  const field = document.querySelector('chatty-chat')?.shadowRoot?.querySelector('textarea');
  if (!field) throw new Error('no field');
  field.focus();
  const key = (type: string, more: object) =>
    field.dispatchEvent(
      new KeyboardEvent(type, { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true, ...more }),
    );
  const composition = (type: string, data: string) =>
    field.dispatchEvent(new CompositionEvent(type, { data, bubbles: true }));
  const input = (data: string, isComposing: boolean) =>
    field.dispatchEvent(new InputEvent('input', { data, isComposing, bubbles: true }));
  const tell: Record<CompositionEvents, () => unknown> = {
    taken: () => key('keydown', { key: 'Process', keyCode: 229, isComposing: true }),
    ended: () => {
      composition('compositionend', composed);
      input(composed, false);
    },
    late: () => key('keydown', { key: 'Process', keyCode: 229 }),
    plain: () => key('keydown', { keyCode: 13 }),
  };
  const before = field.value;
  composition('compositionstart', '');
  for (let length = 1; length <= composed.length; length += 1) {
    field.value = before + composed.slice(0, length);
    composition('compositionupdate', composed.slice(0, length));
    input(composed.slice(0, length), true);
  }
  for (const each of order) tell[each]();
  key('keyup', { keyCode: 13 });
}
