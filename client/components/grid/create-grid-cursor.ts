import { createSignal } from "solid-js";

export interface Place {
  row: number;
  column: number;
}

/**
 * Which cell of a grid the keyboard is at, and the block that is chosen from an anchor to there:
 * arrows, Page and Home/End move, with Shift they stretch, as a click does.
 */
export function createGridCursor(size: () => { rows: number; columns: number }) {
  const [anchor, setAnchor] = createSignal<Place>({ row: 0, column: 0 });
  const [head, setHead] = createSignal<Place>({ row: 0, column: 0 });
  const within = ({ row, column }: Place): Place => ({
    row: Math.max(0, Math.min(size().rows - 1, row)),
    column: Math.max(0, Math.min(size().columns - 1, column)),
  });

  function moveTo(place: Place, stretch: boolean): void {
    const to = within(place);
    setHead(to);
    if (!stretch) setAnchor(to);
  }
  function block() {
    const [a, b] = [anchor(), head()];
    return {
      top: Math.min(a.row, b.row),
      bottom: Math.max(a.row, b.row),
      left: Math.min(a.column, b.column),
      right: Math.max(a.column, b.column),
    };
  }
  const steps: Record<string, (at: Place) => Place> = {
    ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
    ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
    ArrowLeft: ({ row, column }) => ({ row, column: column - 1 }),
    ArrowRight: ({ row, column }) => ({ row, column: column + 1 }),
    PageUp: ({ row, column }) => ({ row: row - 20, column }),
    PageDown: ({ row, column }) => ({ row: row + 20, column }),
    Home: ({ row }) => ({ row, column: 0 }),
    End: ({ row }) => ({ row, column: size().columns - 1 }),
  };
  return {
    head,
    block,
    moveTo,
    isChosen({ row, column }: Place): boolean {
      const { top, bottom, left, right } = block();
      return row >= top && row <= bottom && column >= left && column <= right;
    },
    chooseAll(): void {
      setAnchor({ row: 0, column: 0 });
      setHead({ row: size().rows - 1, column: size().columns - 1 });
    },
    /** Whether the key was one of the cursor's. */
    onKey(event: KeyboardEvent): boolean {
      const step = steps[event.key];
      if (step === undefined || event.altKey) return false;
      moveTo(step(head()), event.shiftKey);
      return true;
    },
  };
}
