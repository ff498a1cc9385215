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
    visit: (pattern: number, at: number) => boolean,
  ): Work<number>;
};

/**
 * Patterns that are looked at where they all end alike. A list that people wrote has a handful (ass, dumbass); of a thousand that
 * are made of two letters each place of a text would ask for all.
 */
export const PATTERNS_A_PLACE = 64;

/**
 * Nodes are numbers, the root is 0, and a parent's number is below its child's. An edge is found by its node and letter
 * in one number.
 */
type Trie = {
  letters: Map<number, number>;
  edges: Edges;
  /** How many nodes there are; of each its parent, the letter that leads to it, and how far from the root it is. */
  count: number;
  parents: Int32Array;
  labels: Int32Array;
  depths: Int32Array;
  ends: (readonly number[])[];
};

/** Steps of a search before somebody else may have the process: some ten microseconds. */
const STEPS = 500;
/** Nodes that are linked before somebody else may have the process. */
const STRETCH = 500;
const NONE: readonly number[] = [];

export function* buildAutomaton(patterns: readonly (readonly number[])[]): Work<Automaton> {
  const trie = yield* buildTrie(patterns);
  const { letters, ends, edges } = trie;
  const { falls, nextEnds } = yield* linkNodes(trie);
  const edgeTo = edges.get;
  const width = letters.size;

  return {
    *search(codes, count, visit) {
      let node = 0;
      let steps = 0;
      let rest = STEPS;
      for (let at = 0; at < count; at += 1) {
        steps += 1;
        if (steps >= rest) {
          rest = steps + STEPS;
          yield;
        }
        const letter = letters.get(codes[at] ?? -1);
        if (letter === undefined) {
          node = 0;
          continue;
        }
        let next = edgeTo(node * width + letter);
        while (next < 0 && node !== 0) {
          node = falls[node] ?? 0;
          next = edgeTo(node * width + letter);
          steps += 1;
        }
        node = Math.max(next, 0);
        let left = PATTERNS_A_PLACE;
        for (let end = node; end !== 0 && left > 0; end = nextEnds[end] ?? 0) {
          for (const pattern of ends[end] ?? NONE) {
            if (left === 0) break;
            steps += 1;
            left = visit(pattern, at) ? 0 : left - 1;
          }
        }
      }
      return steps;
    },
  };
}

function* buildTrie(patterns: readonly (readonly number[])[]): Work<Trie> {
  const letters = new Map<number, number>();
  let most = 1;
  for (const [index, pattern] of patterns.entries()) {
    for (const code of pattern) if (!letters.has(code)) letters.set(code, letters.size);
    most += pattern.length;
    if (index % STRETCH === 0) yield;
  }
  const edges = createEdges(most);
  const column = () => new Int32Array(most);
  const [parents, labels, depths] = [column(), column(), column()];
  const ends = [NONE];
  for (const [index, pattern] of patterns.entries()) {
    let node = 0;
    for (const code of pattern) {
      const letter = letters.get(code) ?? 0;
      let next = edges.get(node * letters.size + letter);
      if (next < 0) {
        next = ends.push(NONE) - 1;
        edges.set(node * letters.size + letter, next);
        parents[next] = node;
        labels[next] = letter;
        depths[next] = (depths[node] ?? 0) + 1;
      }
      node = next;
    }
    if (node !== 0) ends[node] = [...(ends[node] ?? NONE), index];
    yield;
  }
  return { letters, edges, count: ends.length, parents, labels, depths, ends };
}

/** For each node: where to fall back to when no edge fits, and the next node on that way at which a pattern ends. */
function* linkNodes(trie: Trie): Work<{ falls: Int32Array; nextEnds: Int32Array }> {
  const { letters, edges, count, parents, labels, depths, ends } = trie;
  const width = letters.size;
  const falls = new Int32Array(count);
  const nextEnds = new Int32Array(count);
  for (const [place, node] of (yield* byDepth(trie)).entries()) {
    if (place % STRETCH === 0) yield;
    if ((depths[node] ?? 0) < 2) continue;
    let fall = parents[node] ?? 0;
    let target: number;
    do {
      fall = falls[fall] ?? 0;
      target = edges.get(fall * width + (labels[node] ?? 0));
    } while (target < 0 && fall !== 0);
    const fallen = Math.max(target, 0);
    falls[node] = fallen;
    nextEnds[node] = (ends[fallen] ?? NONE).length > 0 ? fallen : (nextEnds[fallen] ?? 0);
  }
  return { falls, nextEnds };
}

/** All nodes, those nearer to the root first: where a node falls back to is nearer. */
function* byDepth({ count, depths }: Trie): Work<Int32Array> {
  const starts: number[] = [0];
  for (let node = 0; node < count; node += 1) {
    const next = (depths[node] ?? 0) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
    if (node % STRETCH === 0) yield;
  }
  for (let depth = 1; depth < starts.length; depth += 1)
    starts[depth] = (starts[depth] ?? 0) + (starts[depth - 1] ?? 0);
  const nodes = new Int32Array(count);
  for (let node = 0; node < count; node += 1) {
    const depth = depths[node] ?? 0;
    const place = starts[depth] ?? 0;
    nodes[place] = node;
    starts[depth] = place + 1;
    if (node % STRETCH === 0) yield;
  }
  return nodes;
}

type Edges = {
  /** -1: there is none. */
  get(key: number): number;
  set(key: number, node: number): void;
};

/** A map of numbers, several times as fast, and never all moved at once: open addressing, at most half full. */
function createEdges(most: number): Edges {
  const bits = Math.max(1, Math.ceil(Math.log2(most * 2 + 1)));
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
