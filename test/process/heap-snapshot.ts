/** Reads which Maps and Sets of a process are the largest, and by which names they are reached, from its heap snapshot. */

import { readFileSync } from 'node:fs';

export type Collection = {
  /** Names of variables and properties on the shortest path to it, the nearest last. */
  path: string;
  /** Of its table alone, without its keys and values. */
  bytes: number;
};

/** What one kind of object, by type and constructor, takes in a second snapshot more than in the first. */
export type Growth = { kind: string; count: number; bytes: number };

type Snapshot = {
  snapshot: {
    meta: {
      node_fields: string[];
      node_types: [string[], ...unknown[]];
      edge_fields: string[];
      edge_types: [string[], ...unknown[]];
    };
  };
  nodes: number[];
  edges: number[];
  strings: string[];
};

const MAX_PATH_NAMES = 4;

/** @param file as `v8.writeHeapSnapshot` writes it */
export function largestCollections(file: string, count: number): Collection[] {
  const heap = createHeapGraph(JSON.parse(readFileSync(file, 'utf8')) as Snapshot);
  const found: { node: number; bytes: number }[] = [];
  for (let node = 0; node < heap.nodeCount; node += 1) {
    if (heap.typeOf(node) !== 'object' || !['Map', 'Set'].includes(heap.nameOf(node))) continue;
    for (const edge of heap.edgesOf(node))
      if (heap.edgeName(edge) === 'table') found.push({ node, bytes: heap.sizeOf(heap.target(edge)) });
  }
  const largest = found.sort((a, b) => b.bytes - a.bytes).slice(0, count);
  const reachedBy = heap.shortestPaths();
  return largest.map(({ node, bytes }) => ({ path: pathTo(heap, reachedBy, node), bytes }));
}

/** @param count kinds that are told: those that have grown most, without what they refer to */
export function largestGrowth(before: string, after: string, count: number): Growth[] {
  const [first, second] = [bytesByKind(before), bytesByKind(after)];
  const grown = [...second].map(([kind, now]) => {
    const was = first.get(kind) ?? { count: 0, bytes: 0 };
    return { kind, count: now.count - was.count, bytes: now.bytes - was.bytes };
  });
  return grown.sort((a, b) => b.bytes - a.bytes).slice(0, count);
}

function bytesByKind(file: string): Map<string, Omit<Growth, 'kind'>> {
  const heap = createHeapGraph(JSON.parse(readFileSync(file, 'utf8')) as Snapshot);
  const kinds = new Map<string, Omit<Growth, 'kind'>>();
  for (let node = 0; node < heap.nodeCount; node += 1) {
    const type = heap.typeOf(node);
    // The name of a string is the string.
    const kind = type.includes('string') ? type : `${type} ${heap.nameOf(node)}`;
    const known = kinds.get(kind) ?? { count: 0, bytes: 0 };
    kinds.set(kind, { count: known.count + 1, bytes: known.bytes + heap.sizeOf(node) });
  }
  return kinds;
}

type HeapGraph = ReturnType<typeof createHeapGraph>;

function createHeapGraph({ snapshot, nodes, edges, strings }: Snapshot) {
  const { node_fields: nodeFields, edge_fields: edgeFields } = snapshot.meta;
  const nodeTypes = snapshot.meta.node_types[0];
  const edgeTypes = snapshot.meta.edge_types[0];
  const [width, edgeWidth] = [nodeFields.length, edgeFields.length];
  const nodeCount = nodes.length / width;
  const at = (node: number, field: string) => nodes[node * width + nodeFields.indexOf(field)] ?? 0;
  const edgeAt = (edge: number, field: string) => edges[edge * edgeWidth + edgeFields.indexOf(field)] ?? 0;
  const firstEdge = new Uint32Array(nodeCount + 1);
  for (let node = 0; node < nodeCount; node += 1)
    firstEdge[node + 1] = (firstEdge[node] ?? 0) + at(node, 'edge_count');

  function* edgesOf(node: number): Generator<number> {
    for (let edge = firstEdge[node] ?? 0; edge < (firstEdge[node + 1] ?? 0); edge += 1) yield edge;
  }

  const typeOfEdge = (edge: number) => edgeTypes[edgeAt(edge, 'type')] ?? '';
  const target = (edge: number) => edgeAt(edge, 'to_node') / width;

  /** For each node the edge by which it is reached first, and where that edge begins; -1: nothing holds it. */
  function shortestPaths(): { edge: Int32Array; from: Int32Array } {
    const [edge, from] = [new Int32Array(nodeCount).fill(-1), new Int32Array(nodeCount).fill(-1)];
    const queue = [0];
    for (let next = 0; next < queue.length; next += 1)
      for (const each of edgesOf(queue[next] ?? 0)) {
        const node = target(each);
        if (typeOfEdge(each) === 'weak' || node === 0 || from[node] !== -1) continue;
        edge[node] = each;
        from[node] = queue[next] ?? 0;
        queue.push(node);
      }
    return { edge, from };
  }

  return {
    nodeCount,
    typeOf: (node: number) => nodeTypes[at(node, 'type')] ?? '',
    nameOf: (node: number) => strings[at(node, 'name')] ?? '',
    sizeOf: (node: number) => at(node, 'self_size'),
    edgesOf,
    target,
    edgeName: (edge: number) =>
      ['element', 'hidden'].includes(typeOfEdge(edge)) ? '' : (strings[edgeAt(edge, 'name_or_index')] ?? ''),
    isNamed: (edge: number) => ['context', 'property'].includes(typeOfEdge(edge)),
    shortestPaths,
  };
}

function pathTo(
  heap: HeapGraph,
  { edge, from }: ReturnType<HeapGraph['shortestPaths']>,
  found: number,
): string {
  const names: string[] = [];
  for (let node = found; node > 0 && names.length < MAX_PATH_NAMES; node = from[node] ?? 0) {
    const last = edge[node] ?? -1;
    if (last >= 0 && heap.isNamed(last)) names.unshift(heap.edgeName(last));
  }
  return names.join(' > ');
}
