import { createSignal, onCleanup } from "solid-js";

export interface View {
  x: number;
  y: number;
  scale: number;
}

const leastScale = 0.04;
const mostScale = 2;
/** Without another turn of the wheel for so long, a zoom has ended. */
const restMs = 120;

/**
 * Pan and zoom of one element: drag or two fingers pan, a mouse wheel or a pinch zooms at the
 * pointer, arrows and + − 0 do it by keyboard.
 */
export function createPanZoom(size: () => { width: number; height: number }) {
  const [view, setView] = createSignal<View>({ x: 0, y: 0, scale: 1 });
  const [frame, setFrame] = createSignal({ width: 0, height: 0 });
  const [isDragging, setDragging] = createSignal(false);
  const zooming = createMovement();
  let element: HTMLElement | undefined;

  function zoomAt(factor: number, x: number, y: number): void {
    zooming.goesOn();
    setView((old) => {
      const scale = Math.min(mostScale, Math.max(leastScale, old.scale * factor));
      const ratio = scale / old.scale;
      return { scale, x: x - (x - old.x) * ratio, y: y - (y - old.y) * ratio };
    });
  }
  const zoomBy = (factor: number) => zoomAt(factor, frame().width / 2, frame().height / 2);
  const panBy = (x: number, y: number) =>
    setView((old) => ({ ...old, x: old.x + x, y: old.y + y }));

  function fit(): void {
    const { width, height } = size();
    if (width === 0 || frame().width === 0) return;
    const scale = Math.max(
      leastScale,
      Math.min(1, (frame().width - 24) / width, (frame().height - 24) / height),
    );
    setView({
      scale,
      x: (frame().width - width * scale) / 2,
      y: Math.max(12, (frame().height - height * scale) / 2),
    });
  }

  function centre(x: number, y: number): void {
    setView((old) => {
      const scale = Math.max(old.scale, 0.8);
      return { scale, x: frame().width / 2 - x * scale, y: frame().height / 2 - y * scale };
    });
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    const box = element?.getBoundingClientRect();
    const isMouseWheel = event.deltaX === 0 && Math.abs(event.deltaY) >= 50;
    if (event.ctrlKey || event.metaKey || isMouseWheel) {
      const factor = Math.exp(-event.deltaY * (isMouseWheel ? 0.0015 : 0.01));
      zoomAt(factor, event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0));
    } else {
      panBy(-event.deltaX, -event.deltaY);
    }
  }

  const onKeyDown = createKeys({ zoomBy, panBy, fit });
  function attach(target: HTMLElement): void {
    element = target;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setFrame(entry.contentRect);
    });
    observer.observe(target);
    target.addEventListener("wheel", onWheel, { passive: false });
    trackDrag(target, panBy, setDragging);
    target.addEventListener("keydown", onKeyDown);
    onCleanup(() => observer.disconnect());
  }

  return { view, frame, isDragging, isZooming: zooming.isUnderWay, attach, fit, centre, zoomBy };
}

function createKeys(moves: {
  zoomBy: (factor: number) => void;
  panBy: (x: number, y: number) => void;
  fit: () => void;
}): (event: KeyboardEvent) => void {
  const { zoomBy, panBy, fit } = moves;
  const keys: Record<string, () => void> = {
    "+": () => zoomBy(1.25),
    "=": () => zoomBy(1.25),
    "-": () => zoomBy(0.8),
    "0": fit,
    ArrowLeft: () => panBy(60, 0),
    ArrowRight: () => panBy(-60, 0),
    ArrowUp: () => panBy(0, 60),
    ArrowDown: () => panBy(0, -60),
  };
  return (event) => {
    const act = keys[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
}

/** Under way until nothing was heard of it for a moment. */
function createMovement() {
  const [isUnderWay, setUnderWay] = createSignal(false);
  let rest: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(rest));
  return {
    isUnderWay,
    goesOn() {
      setUnderWay(true);
      clearTimeout(rest);
      rest = setTimeout(() => setUnderWay(false), restMs);
    },
  };
}

/** Calls back with each step of a drag. A press that hardly moves stays a click on what is under it. */
function trackDrag(
  target: HTMLElement,
  onMove: (x: number, y: number) => void,
  onDragging: (isDragging: boolean) => void,
): void {
  let last: { x: number; y: number } | null = null;
  let moved = false;
  target.addEventListener("pointerdown", (event) => {
    if (event.button === 0) last = { x: event.clientX, y: event.clientY };
  });
  target.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const by = { x: event.clientX - last.x, y: event.clientY - last.y };
    if (!moved && Math.abs(by.x) + Math.abs(by.y) < 4) return;
    if (!moved) target.setPointerCapture(event.pointerId);
    moved = true;
    onDragging(true);
    onMove(by.x, by.y);
    last = { x: event.clientX, y: event.clientY };
  });
  const end = () => {
    last = null;
    moved = false;
    onDragging(false);
  };
  target.addEventListener("pointerup", end);
  target.addEventListener("pointercancel", end);
}
