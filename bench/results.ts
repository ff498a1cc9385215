/** Keeps what was measured: the figures of each command in a JSON file of its own, and results.md made of both. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type BusyRoom, renderBusy } from './peers/busy-table.js';
import { type Comparison, renderPeers } from './peers/table.js';
import { type BenchRun, renderRun } from './table.js';

const resultPath = (name: string) => new URL(name, import.meta.url);

/** Of `npm run bench`; answers its part as text. */
export function saveRun(run: BenchRun): string {
  saveFigures('results.json', run);
  return renderRun(run);
}

/** Of `npm run peers`; answers its part as text. */
export function saveComparison(comparison: Comparison): string {
  saveFigures('peers.json', comparison);
  return renderPeers(comparison);
}

/** Of `npm run peers`, its busy room; answers that part as text. */
export function saveBusyRoom(room: BusyRoom): string {
  saveFigures('busy.json', room);
  return renderBusy(room);
}

function saveFigures(name: string, figures: object): void {
  writeFileSync(resultPath(name), `${JSON.stringify(figures, null, 2)}\n`);
  const parts = [
    renderPart('results.json', renderRun),
    renderPart('peers.json', renderPeers),
    renderPart('busy.json', renderBusy),
  ];
  writeFileSync(resultPath('results.md'), parts.filter((text) => text !== null).join('\n'));
}

function renderPart<Figures>(name: string, draw: (figures: Figures) => string): string | null {
  return existsSync(resultPath(name)) ? draw(JSON.parse(readFileSync(resultPath(name), 'utf8'))) : null;
}
