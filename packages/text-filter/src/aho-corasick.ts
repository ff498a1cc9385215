/** Decides where any of many words may stand in a row of letters, in one pass (Aho and Corasick, 1975). */

import type { Work } from './sliced-task.js';

export type Automaton = {
  /**
   * Reads the first `count` codes and calls `visit` with the index of each pattern that ends at `at`, the longest first, until
   * it answers true. At one place it looks at no more than `PATTERNS_A_PLACE`.
   *
   * @returns how many steps it took: edges looked for and patterns visited
   */
  search(
    codes: ArrayLike<number>,
    count: number,
    onMatch: (pattern: number, at: number) => boolean,
  ): Work<number>;
};

/**
 * Patterns that are looked at where they all end alike. A list that people wrote has a handful (ass, dumbass); of a thousand that
 * are made of two letters each place of a text would ask for all.
 */
const MAX_PATTERNS_PER_POSITION = 64;

/**
 * Nodes are numbers, the root is 0, and a parent's number is below its child's. An edge is found by its node and letter
 * in one number.
 */
type Trie = {
  letterIndexes: Map<number, number>;
  edges: IntMap;
  /** How many nodes there are; of each its parent, the letter that leads to it, and how far from the root it is. */
  count: number;
  parents: Int32Array;
  labels: Int32Array;
  depths: Int32Array;
  endingPatterns: (readonly number[])[];
};

/** Steps of a search before somebody else may have the process: some ten microseconds. */
const STEPS_PER_YIELD = 500;
/** Nodes that are linked before somebody else may have the process. */
const NODES_PER_YIELD = 500;
const NO_PATTERNS: readonly number[] = [];

export function* buildAutomaton(patterns: readonly (readonly number[])[]): Work<Automaton> {
  const trie = yield* buildTrie(patterns);
  const { letterIndexes, endingPatterns, edges } = trie;
  const { failLinks, outputLinks } = yield* linkNodes(trie);
  const edgeTo = edges.get;
  const width = letterIndexes.size;

  return {
    *search(codes, count, onMatch) {
      let node = 0;
      let steps = 0;
      let nextYieldAt = STEPS_PER_YIELD;
      for (let at = 0; at < count; at += 1) {
        steps += 1;
        if (steps >= nextYieldAt) {
          nextYieldAt = steps + STEPS_PER_YIELD;
          yield;
        }
        const letter = letterIndexes.get(codes[at] ?? -1);
        if (letter === undefined) {
          node = 0;
          continue;
        }
        let next = edgeTo(node * width + letter);
        while (next < 0 && node !== 0) {
          node = failLinks[node] ?? 0;
          next = edgeTo(node * width + letter);
          steps += 1;
        }
        node = Math.max(next, 0);
        let patternsLeft = MAX_PATTERNS_PER_POSITION;
        for (let end = node; end !== 0 && patternsLeft > 0; end = outputLinks[end] ?? 0) {
          for (const pattern of endingPatterns[end] ?? NO_PATTERNS) {
            if (patternsLeft === 0) break;
            steps += 1;
            patternsLeft = onMatch(pattern, at) ? 0 : patternsLeft - 1;
          }
        }
      }
      return steps;
    },
  };
}

function* buildTrie(patterns: readonly (readonly number[])[]): Work<Trie> {
  const letterIndexes = new Map<number, number>();
  let maxEntries = 1;
  for (const [index, pattern] of patterns.entries()) {
    for (const code of pattern) if (!letterIndexes.has(code)) letterIndexes.set(code, letterIndexes.size);
    maxEntries += pattern.length;
    if (index % NODES_PER_YIELD === 0) yield;
  }
  const edges = createIntMap(maxEntries);
  const createColumn = () => new Int32Array(maxEntries);
  const [parents, labels, depths] = [createColumn(), createColumn(), createColumn()];
  const endingPatterns = [NO_PATTERNS];
  for (const [index, pattern] of patterns.entries()) {
    let node = 0;
    for (const code of pattern) {
      const letter = letterIndexes.get(code) ?? 0;
      let next = edges.get(node * letterIndexes.size + letter);
      if (next < 0) {
        next = endingPatterns.push(NO_PATTERNS) - 1;
        edges.set(node * letterIndexes.size + letter, next);
        parents[next] = node;
        labels[next] = letter;
        depths[next] = (depths[node] ?? 0) + 1;
      }
      node = next;
    }
    if (node !== 0) endingPatterns[node] = [...(endingPatterns[node] ?? NO_PATTERNS), index];
    yield;
  }
  return { letterIndexes, edges, count: endingPatterns.length, parents, labels, depths, endingPatterns };
}

/** For each node: where to fall back to when no edge fits, and the next node on that way at which a pattern ends. */
function* linkNodes(trie: Trie): Work<{ failLinks: Int32Array; outputLinks: Int32Array }> {
  const { letterIndexes, edges, count, parents, labels, depths, endingPatterns } = trie;
  const width = letterIndexes.size;
  const failLinks = new Int32Array(count);
  const outputLinks = new Int32Array(count);
  for (const [position, node] of (yield* nodesByDepth(trie)).entries()) {
    if (position % NODES_PER_YIELD === 0) yield;
    if ((depths[node] ?? 0) < 2) continue;
    let failNode = parents[node] ?? 0;
    let target: number;
    do {
      failNode = failLinks[failNode] ?? 0;
      target = edges.get(failNode * width + (labels[node] ?? 0));
    } while (target < 0 && failNode !== 0);
    const failTarget = Math.max(target, 0);
    failLinks[node] = failTarget;
    outputLinks[node] =
      (endingPatterns[failTarget] ?? NO_PATTERNS).length > 0 ? failTarget : (outputLinks[failTarget] ?? 0);
  }
  return { failLinks, outputLinks };
}

/** All nodes, those nearer to the root first: where a node falls back to is nearer. */
function* nodesByDepth({ count, depths }: Trie): Work<Int32Array> {
  const starts: number[] = [0];
  for (let node = 0; node < count; node += 1) {
    const next = (depths[node] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
    if (node % NODES_PER_YIELD === 0) yield;
  }
  for (let depth = 1; depth < starts.length; depth += 1)
    starts[depth] = (starts[depth] ?? 0) + (starts[depth - 1] ?? 0);
  const nodes = new Int32Array(count);
  for (let node = 0; node < count; node += 1) {
    const depth = depths[node] ?? 0;
    const position = starts[depth] ?? 0;
    nodes[position] = node;
    starts[depth] = position + 1;
    if (node % NODES_PER_YIELD === 0) yield;
  }
  return nodes;
}

type IntMap = {
  /** -1: there is none. */
  get(key: number): number;
  set(key: number, node: number): void;
};

/** A map of numbers, several times as fast, and never all moved at once: open addressing, at most half full. */
function createIntMap(maxEntries: number): IntMap {
  const bits = Math.max(1, Math.ceil(Math.log2(maxEntries * 2 + 1)));
  const mask = (1 << bits) - 1;
  const keys = new Float64Array(mask + 1).fill(-1);
  const values = new Int32Array(mask + 1);
  const slotOf = (key: number) => {
    let slot = Math.imul(key, 0x9e3779b1) >>> (32 - bits);
    while (keys[slot] !== key && keys[slot] !== -1) slot = (slot + 1) & mask;
    return slot;
  };
  return {
    get(key) {
      const slot = slotOf(key);
      return keys[slot] === key ? (values[slot] ?? -1) : -1;
    },
    set(key, node) {
      const slot = slotOf(key);
      keys[slot] = key;
      values[slot] = node;
    },
  };
}
