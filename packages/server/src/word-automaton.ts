/** Decides where any of many words may stand in a row of letters, in one pass (Aho and Corasick, 1975). */

export type Automaton = {
  /**
   * Reads the first `count` codes and calls `visit` with the index of each pattern that ends at `at`, the longest first, until it answers true.
   *
   * @returns how many steps it took: edges looked for and patterns visited
   */
  search(codes: ArrayLike<number>, count: number, visit: (pattern: number, at: number) => boolean): number;
};

/** Nodes are numbers, the root is 0. An edge is found by its node and letter in one number. */
type Trie = { letters: Map<number, number>; edges: Map<number, number>; ends: number[][] };

export function createAutomaton(patterns: readonly (readonly number[])[]): Automaton {
  const trie = createTrie(patterns);
  const { letters, ends } = trie;
  const { falls, nextEnds } = linkNodes(trie);
  const edgeTo = createTable(trie.edges);
  const width = letters.size;

  return {
    search(codes, count, visit) {
      let node = 0;
      let steps = 0;
      for (let at = 0; at < count; at += 1) {
        steps += 1;
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
        let done = false;
        for (let end = node; end !== 0 && !done; end = nextEnds[end] ?? 0) {
          for (const pattern of ends[end] ?? []) {
            steps += 1;
            done ||= visit(pattern, at);
          }
        }
      }
      return steps;
    },
  };
}

function createTrie(patterns: readonly (readonly number[])[]): Trie {
  const letters = new Map<number, number>();
  for (const code of patterns.flat()) if (!letters.has(code)) letters.set(code, letters.size);
  const edges = new Map<number, number>();
  const ends: number[][] = [[]];
  for (const [index, pattern] of patterns.entries()) {
    let node = 0;
    for (const code of pattern) {
      const edge = node * letters.size + (letters.get(code) ?? 0);
      const next = edges.get(edge) ?? ends.push([]) - 1;
      edges.set(edge, next);
      node = next;
    }
    if (node !== 0) ends[node]?.push(index);
  }
  return { letters, edges, ends };
}

/** For each node: where to fall back to when no edge fits, and the next node on that way at which a pattern ends. */
function linkNodes({ letters, edges, ends }: Trie) {
  const width = letters.size;
  const parents = new Int32Array(ends.length);
  const labels = new Int32Array(ends.length);
  const depths = new Int32Array(ends.length);
  for (const [edge, child] of edges) {
    parents[child] = Math.floor(edge / width);
    labels[child] = edge % width;
    // A parent's number is below its child's, and edges stand in the order they were made in.
    depths[child] = (depths[parents[child] ?? 0] ?? 0) + 1;
  }
  const falls = new Int32Array(ends.length);
  const nextEnds = new Int32Array(ends.length);
  const nodes = Array.from(depths.keys()).sort((one, other) => (depths[one] ?? 0) - (depths[other] ?? 0));
  for (const node of nodes) {
    if ((depths[node] ?? 0) < 2) continue;
    let fall = parents[node] ?? 0;
    let target: number | undefined;
    do {
      fall = falls[fall] ?? 0;
      target = edges.get(fall * width + (labels[node] ?? 0));
    } while (target === undefined && fall !== 0);
    const fallen = target ?? 0;
    falls[node] = fallen;
    nextEnds[node] = (ends[fallen] ?? []).length > 0 ? fallen : (nextEnds[fallen] ?? 0);
  }
  return { falls, nextEnds };
}

/** The same answers as the map, -1 for none, several times as fast: open addressing, at most half full. */
function createTable(map: ReadonlyMap<number, number>): (key: number) => number {
  const bits = Math.max(1, Math.ceil(Math.log2(map.size * 2 + 1)));
  const mask = (1 << bits) - 1;
  const keys = new Float64Array(mask + 1).fill(-1);
  const values = new Int32Array(mask + 1);
  const slotOf = (key: number) => {
    let slot = Math.imul(key, 0x9e3779b1) >>> (32 - bits);
    while (keys[slot] !== key && keys[slot] !== -1) slot = (slot + 1) & mask;
    return slot;
  };
  for (const [key, value] of map) {
    const slot = slotOf(key);
    keys[slot] = key;
    values[slot] = value;
  }
  return (key) => {
    const slot = slotOf(key);
    return keys[slot] === key ? (values[slot] ?? -1) : -1;
  };
}
