/** Reads the CPU profiles a server wrote and names the functions that took the most time themselves. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
};

const SHOWN_FUNCTION_COUNT = 25;
const IDLE_FUNCTIONS = ['(idle)', '(root)'];

/** One line a function, the most expensive first, in percent of the time the process was not idle. */
export function hottestFunctions(folder: string): string {
  const spent = new Map<string, number>();
  let total = 0;
  for (const file of readdirSync(folder)) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    const names = new Map(nodes.map(({ id, callFrame }) => [id, formatFunctionName(callFrame)]));
    for (const [index, sample] of samples.entries()) {
      const name = names.get(sample) ?? '';
      if (IDLE_FUNCTIONS.includes(name)) continue;
      const micros = timeDeltas[index] ?? 0;
      total += micros;
      spent.set(name, (spent.get(name) ?? 0) + micros);
    }
  }
  return [...spent]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN_FUNCTION_COUNT)
    .map(([name, micros]) => `  ${((micros / total) * 100).toFixed(1).padStart(5)} % ${name}`)
    .join('\n');
}

function formatFunctionName({
  functionName,
  url,
  lineNumber,
}: Profile['nodes'][number]['callFrame']): string {
  const file = url.replace(/^.*\/(node_modules|packages)\//, '');
  return url ? `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}` : functionName;
}
