import type { Target } from "../support/report.ts";
import type { Comparison } from "../support/rounds.ts";

/** That our median ratio to the comparison's baseline is `reach` at most. */
export function ratioTarget(
  comparison: Comparison,
  { reach, digits }: { reach: number; digits: number },
): Target {
  const ours = comparison.contestants.find(({ role }) => role === "ours");
  const ratio = ours?.ratio.median ?? Number.NaN;
  return {
    what: `${comparison.title}, against ${comparison.baseline}`,
    reach: `≤ ${reach}`,
    measured: ratio.toFixed(digits),
    met: ratio <= reach,
  };
}
