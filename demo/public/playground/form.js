// The form of all settings, made from their table.

import { make, say } from './dom.js';
import { GROUPS, SETTINGS } from './settings.js';

/** More choices than this are a list instead of buttons side by side. */
const SEGMENTS = 4;

/**
 * Fills the form. `changed(row, value)` hears of each change.
 * Answers `show(values)`, which brings what is seen in line with the values.
 */
export function makeForm(form, changed) {
  const shows = new Map();
  for (const group of GROUPS) {
    const rows = SETTINGS.filter((row) => row.group === group.id).map((row) => {
      const { element, show } = makeRow(row, (value) => changed(row, value));
      shows.set(row.name, show);
      return element;
    });
    form.append(make('details', { open: true }, make('summary', {}, say(group.label)), ...rows));
  }
  form.addEventListener('submit', (event) => event.preventDefault());
  return (values) => {
    for (const [name, show] of shows) show(values[name]);
  };
}

function makeRow(row, change) {
  const id = `setting-${row.name}`;
  const hint = row.hint ? make('small', { id: `${id}-hint` }, say(row.hint)) : null;
  const described = hint ? { 'aria-describedby': hint.id } : {};
  if (row.kind === 'choice' && row.options.length <= SEGMENTS) return segments(row, change, hint, described);
  const { control, show, beside = null } = controls[row.kind]({ id, row, change, described });
  const label = make('label', { htmlFor: id }, ...nameOf(row));
  const wide = row.kind === 'css' ? ' tall' : '';
  return {
    element: make('div', { className: `row ${row.kind}${wide}` }, label, control, beside, hint),
    show,
  };
}

function nameOf(row) {
  return [make('span', {}, say(row.label)), ' ', make('code', { dir: 'ltr' }, row.code ?? row.name)];
}

function segments(row, change, hint, described) {
  const inputs = row.options.map(([value]) =>
    make('input', { type: 'radio', name: row.name, value, onchange: () => change(value) }),
  );
  const labels = row.options.map(([, words], index) =>
    make('label', {}, inputs[index], make('span', {}, say(words))),
  );
  const buttons = make('div', { className: 'segments' }, ...labels);
  const legend = make('legend', {}, ...nameOf(row));
  const element = make('fieldset', { className: 'row', ...described }, legend, buttons, hint);
  const show = (value) => {
    for (const input of inputs) input.checked = input.value === value;
  };
  return { element, show };
}

const controls = {
  choice({ id, row, change, described }) {
    const options = row.options.map(([value, words]) => make('option', { value }, say(words)));
    const control = make('select', { id, ...described, onchange: () => change(control.value) }, ...options);
    return { control, show: (value) => setValue(control, value) };
  },
  switch({ id, change, described }) {
    const given = { id, type: 'checkbox', role: 'switch', ...described };
    const control = make('input', { ...given, onchange: () => change(control.checked) });
    const show = (value) => {
      control.checked = value;
    };
    return { control, show };
  },
  text({ id, row, change, described }) {
    const given = { id, type: 'text', spellcheck: false, maxLength: 80, placeholder: row.placeholder ?? '' };
    // A name is taken over when it has been written to its end.
    const control = make('input', { ...given, ...described, onchange: () => change(control.value.trim()) });
    return { control, show: (value) => setValue(control, value) };
  },
  number({ id, row, change, described }) {
    const given = { id, type: 'number', min: '1', max: '2147483647', placeholder: row.placeholder };
    const control = make('input', {
      ...given,
      ...described,
      onchange: () => control.checkValidity() && change(control.value),
    });
    return { control, show: (value) => setValue(control, value) };
  },
  colour({ id, row, change }) {
    const control = make('input', { id, type: 'color', oninput: () => change(control.value) });
    const words = { ko: '기본값으로', en: 'Reset to default' };
    const title = `${say(words)}: ${say(row.label)}`;
    // The button goes with what it undoes.
    const clear = () => {
      control.focus();
      change('');
    };
    const undo = { type: 'button', className: 'undo', title, 'aria-label': title, onclick: clear };
    const beside = make('button', undo, '↺');
    const show = (value) => {
      setValue(control, value || row.shown);
      beside.hidden = value === '';
    };
    return { control, show, beside };
  },
  css({ id, row, change }) {
    const given = {
      id,
      rows: 4,
      spellcheck: false,
      maxLength: 2_000,
      placeholder: row.placeholder,
      dir: 'ltr',
    };
    const control = make('textarea', { ...given, oninput: () => change(control.value) });
    const example = { type: 'button', className: 'example', onclick: () => change(row.example) };
    const beside = make('button', example, say({ ko: '예시 넣기', en: 'Insert example' }));
    return { control, show: (value) => setValue(control, value), beside };
  },
};

/** Not where it is the same: the caret would jump. */
function setValue(control, value) {
  if (control.value !== value) control.value = value;
}
