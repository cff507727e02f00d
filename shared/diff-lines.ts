export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/** More lines than this on either side of the change are shown as replaced whole. */
const mostCompared = 3000;

/** A line diff by longest common subsequence, after cutting what both ends share. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split("\n");
  const now = after.split("\n");
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  ) {
    tail += 1;
  }
  return [
    ...old.slice(0, head).map(same),
    ...diffMiddle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ];
}

function diffMiddle(old: string[], now: string[]): DiffLine[] {
  if (Math.max(old.length, now.length) > mostCompared) {
    return [...old.map(removed), ...now.map(added)];
  }
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return walk(old, now, at);
}

/** Follows the longest common subsequence; where both sides differ, removed lines come first. */
function walk(old: string[], now: string[], at: (i: number, j: number) => number): DiffLine[] {
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length && j < now.length) {
    const left = old[i] ?? "";
    const right = now[j] ?? "";
    if (left === right) {
      lines.push(same(left));
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      lines.push(removed(left));
      i += 1;
    } else {
      lines.push(added(right));
      j += 1;
    }
  }
  return [...lines, ...old.slice(i).map(removed), ...now.slice(j).map(added)];
}

function same(text: string): DiffLine {
  return { kind: "same", text };
}

function added(text: string): DiffLine {
  return { kind: "added", text };
}

function removed(text: string): DiffLine {
  return { kind: "removed", text };
}
