/** Keeps what was measured: the figures of each command in a JSON file of its own, and results.md made of both. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type BusyRoom, renderBusy } from './peers/busy-table.js';
import { type Comparison, renderPeers } from './peers/table.js';
import { type Run, render } from './table.js';

const file = (name: string) => new URL(name, import.meta.url);

/** Of `npm run bench`; answers its part as text. */
export function keepRun(run: Run): string {
  keep('results.json', run);
  return render(run);
}

/** Of `npm run peers`; answers its part as text. */
export function keepComparison(comparison: Comparison): string {
  keep('peers.json', comparison);
  return renderPeers(comparison);
}

/** Of `npm run peers`, its busy room; answers that part as text. */
export function keepBusyRoom(room: BusyRoom): string {
  keep('busy.json', room);
  return renderBusy(room);
}

function keep(name: string, figures: object): void {
  writeFileSync(file(name), `${JSON.stringify(figures, null, 2)}\n`);
  const parts = [
    part('results.json', render),
    part('peers.json', renderPeers),
    part('busy.json', renderBusy),
  ];
  writeFileSync(file('results.md'), parts.filter((text) => text !== null).join('\n'));
}

function part<Figures>(name: string, draw: (figures: Figures) => string): string | null {
  return existsSync(file(name)) ? draw(JSON.parse(readFileSync(file(name), 'utf8'))) : null;
}
