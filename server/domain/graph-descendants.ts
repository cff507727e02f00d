import type { Adjacency } from "./graph-index.ts";

/**
 * The number of distinct descendants of each position of an acyclic graph whose positions are in
 * topological order (each edge leads to a higher position). Exact.
 *
 * Two ways, because neither is fast on every graph. Catalogs are wide and shallow: there the
 * ancestors of every table are few, and walking up from each (`countBySearch`) is nearly linear.
 * Where tables are densely joined over many levels the walks would visit nearly all pairs; bitsets
 * (`countByBitsets`) then cost a sixty-fourth of that. The search gives up as soon as it has cost
 * more than a part of what the bitsets will.
 */
export function countDescendants(parents: Adjacency, children: Adjacency): Float64Array {
  const size = parents.offsets.length - 1;
  const rows = shareRows(children);
  const bitsetSteps = ((rows.firstOf.length + rows.edges) * size) / 64;
  const budget = Math.max(4 * size, bitsetSteps / 8);
  return countBySearch(parents, budget) ?? countByBitsets(children, rows);
}

/**
 * Every node adds itself to the count of each of its ancestors. A node with one parent p has p and
 * p's ancestors: it is handed on to p, which then counts for both, so that chains and trees need no
 * search at all. Null where more than `budget` steps would be needed.
 */
function countBySearch(parents: Adjacency, budget: number): Float64Array | null {
  const { offsets, targets } = parents;
  const size = offsets.length - 1;
  const counts = new Float64Array(size);
  const loads = new Float64Array(size).fill(1);
  const search = { seenBy: new Int32Array(size).fill(-1), stack: new Int32Array(size) };
  let steps = 0;
  for (let node = size - 1; node >= 0; node -= 1) {
    const first = offsets[node] ?? 0;
    const load = loads[node] ?? 0;
    if ((offsets[node + 1] ?? 0) - first === 1) {
      const parent = targets[first] ?? 0;
      counts[parent] = (counts[parent] ?? 0) + load;
      loads[parent] = (loads[parent] ?? 0) + load;
      continue;
    }
    steps += addToAncestors(parents, node, load, counts, search);
    if (steps > budget) return null;
  }
  return counts;
}

/** Answers how many steps it took. `seenBy` names the last node that came by, so it needs no reset. */
function addToAncestors(
  { offsets, targets }: Adjacency,
  node: number,
  load: number,
  counts: Float64Array,
  { seenBy, stack }: { seenBy: Int32Array; stack: Int32Array },
): number {
  let steps = 0;
  let depth = 0;
  stack[0] = node;
  while (depth >= 0) {
    const at = stack[depth] ?? 0;
    depth -= 1;
    const begin = offsets[at] ?? 0;
    const end = offsets[at + 1] ?? 0;
    steps += 1 + end - begin;
    for (let edge = begin; edge < end; edge += 1) {
      const parent = targets[edge] ?? 0;
      if (seenBy[parent] === node) continue;
      seenBy[parent] = node;
      counts[parent] = (counts[parent] ?? 0) + load;
      depth += 1;
      stack[depth] = parent;
    }
  }
  return steps;
}

/** Words of 32 bits in a row of a block: a block's rows then stay in the processor's cache. */
const rowWords = 32;
const rowBits = rowWords * 32;

/**
 * For one block of 1,024 nodes at a time, which of them each node reaches, as one row of bits; rows
 * are made from the children's rows, last node first. Nodes with the same children share a row.
 */
function countByBitsets(children: Adjacency, { rowOf, firstOf }: SharedRows): Float64Array {
  const size = children.offsets.length - 1;
  const rows = new Int32Array(firstOf.length * rowWords);
  const rowCounts = new Float64Array(firstOf.length);
  for (let low = 0; low < size; low += rowBits) {
    const high = Math.min(size, low + rowBits);
    // Rows are numbered from the last node on; nodes from `high` on reach nothing in this block.
    for (let row = 0; row < firstOf.length; row += 1) {
      const node = firstOf[row] ?? 0;
      if (node >= high) continue;
      rows.fill(0, row * rowWords, (row + 1) * rowWords);
      uniteChildren(children, node, rows, row, rowOf, low, high);
      rowCounts[row] = (rowCounts[row] ?? 0) + countBits(rows, row * rowWords);
    }
  }
  return Float64Array.from(rowOf, (row) => rowCounts[row] ?? 0);
}

function uniteChildren(
  { offsets, targets }: Adjacency,
  node: number,
  rows: Int32Array,
  row: number,
  rowOf: Int32Array,
  low: number,
  high: number,
): void {
  const own = row * rowWords;
  const end = offsets[node + 1] ?? 0;
  for (let at = offsets[node] ?? 0; at < end; at += 1) {
    const child = targets[at] ?? 0;
    if (child >= high) break;
    if (child >= low) {
      const word = own + ((child - low) >> 5);
      rows[word] = (rows[word] ?? 0) | (1 << ((child - low) & 31));
    }
    const other = (rowOf[child] ?? 0) * rowWords;
    for (let word = 0; word < rowWords; word += 1) {
      rows[own + word] = (rows[own + word] ?? 0) | (rows[other + word] ?? 0);
    }
  }
}

interface SharedRows {
  rowOf: Int32Array;
  /** A node of each row; rows are numbered from the last node on. */
  firstOf: number[];
  /** How many children the rows have together. */
  edges: number;
}

/** Gives nodes with equal lists of children, and so with the same descendants, one row. */
function shareRows({ offsets, targets }: Adjacency): SharedRows {
  const size = offsets.length - 1;
  const rowOf = new Int32Array(size);
  const firstOf: number[] = [];
  const byHash = new Map<number, number[]>();
  let edges = 0;
  for (let node = size - 1; node >= 0; node -= 1) {
    const start = offsets[node] ?? 0;
    const end = offsets[node + 1] ?? 0;
    let hash = end - start;
    for (let at = start; at < end; at += 1) {
      hash = (Math.imul(hash, 0x01000193) ^ (targets[at] ?? 0)) | 0;
    }
    const candidates = byHash.get(hash) ?? [];
    const shared = candidates.find((row) =>
      sameChildren(offsets, targets, firstOf[row] ?? 0, node),
    );
    rowOf[node] = shared ?? firstOf.length;
    if (shared !== undefined) continue;
    candidates.push(firstOf.length);
    byHash.set(hash, candidates);
    firstOf.push(node);
    edges += end - start;
  }
  return { rowOf, firstOf, edges };
}

function sameChildren(offsets: Int32Array, targets: Int32Array, a: number, b: number): boolean {
  const startA = offsets[a] ?? 0;
  const startB = offsets[b] ?? 0;
  const length = (offsets[a + 1] ?? 0) - startA;
  if (length !== (offsets[b + 1] ?? 0) - startB) return false;
  for (let at = 0; at < length; at += 1) {
    if (targets[startA + at] !== targets[startB + at]) return false;
  }
  return true;
}

function countBits(rows: Int32Array, start: number): number {
  let count = 0;
  for (let at = start; at < start + rowWords; at += 1) {
    let word = rows[at] ?? 0;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
