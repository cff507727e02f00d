import { createEffect, on, onCleanup, onMount } from "solid-js";
import { currentTheme } from "../../state/create-theme.ts";
import type { View } from "./create-pan-zoom.ts";
import { type Picture, paintGraph } from "./graph-painter.ts";

interface Props {
  picture: Picture;
  view: View;
  frame: { width: number; height: number };
}

/** Painted around the frame on each side, in frames: so far a pan needs no new painting. */
const widestMargin = 0.5;
/** Of one bitmap: four bytes each. */
const mostPixels = 16_000_000;
const restMs = 90;
const mostStretch = 2;

/**
 * Edges, and from afar the boxes, as one bitmap. To move it costs the same however large the graph is:
 * a pan shifts what is painted, a zoom stretches it, and it is painted anew where its rim would come
 * into sight, where it is stretched too far, and once the movement rests.
 */
export function GraphCanvas(props: Props) {
  let canvas!: HTMLCanvasElement;
  let painted: View = { x: 0, y: 0, scale: 1 };
  let margin = widestMargin;
  let due = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;

  function paint(): void {
    due = 0;
    clearTimeout(rest);
    const { view, frame } = props;
    const context = canvas.getContext("2d");
    if (context === null || frame.width === 0) return;
    const ratio = window.devicePixelRatio;
    margin = marginOf(frame, ratio);
    const [width, height] = [frame.width * (1 + 2 * margin), frame.height * (1 + 2 * margin)];
    const size = [Math.round(width * ratio), Math.round(height * ratio)] as const;
    // To set the size, even to what it is, throws the bitmap away.
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const [x, y] = [view.x + frame.width * margin, view.y + frame.height * margin];
    context.translate(x, y);
    context.scale(view.scale, view.scale);
    const sight = {
      left: -x / view.scale,
      top: -y / view.scale,
      right: (width - x) / view.scale,
      bottom: (height - y) / view.scale,
      scale: view.scale,
    };
    const style = getComputedStyle(document.documentElement);
    paintGraph(context, props.picture, sight, (token) => style.getPropertyValue(token).trim());
    painted = view;
    place();
  }

  /** Whether all of the frame is covered by it. */
  function place(): boolean {
    const { view, frame } = props;
    const stretch = view.scale / painted.scale;
    const x = view.x - (painted.x + frame.width * margin) * stretch;
    const y = view.y - (painted.y + frame.height * margin) * stretch;
    canvas.style.transform = `translate(${x}px, ${y}px) scale(${stretch})`;
    const reach = stretch * (1 + 2 * margin);
    const covers =
      x <= 0 &&
      y <= 0 &&
      x + frame.width * reach >= frame.width &&
      y + frame.height * reach >= frame.height;
    return covers && stretch <= mostStretch && stretch >= 1 / mostStretch;
  }

  function paintSoon(): void {
    if (due === 0) due = requestAnimationFrame(paint);
  }

  onMount(() => {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", paintSoon);
    onCleanup(() => dark.removeEventListener("change", paintSoon));
    createEffect(on([() => props.picture, () => props.frame, currentTheme], paintSoon));
    createEffect(
      on(
        () => props.view,
        (view) => {
          if (!place()) paintSoon();
          else if (view.scale !== painted.scale) {
            clearTimeout(rest);
            rest = setTimeout(paintSoon, restMs);
          }
        },
      ),
    );
  });
  onCleanup(() => {
    cancelAnimationFrame(due);
    clearTimeout(rest);
  });
  // A canvas without content says nothing to a screen reader; the links over it do.
  return <canvas ref={canvas} class="graph-canvas" />;
}

function marginOf({ width, height }: Props["frame"], ratio: number): number {
  const frames = Math.sqrt(mostPixels / (width * height * ratio * ratio));
  return Math.max(0, Math.min(widestMargin, (frames - 1) / 2));
}
