const paths = {
  home: "M3 9.5 10 3.5l7 6V16a1 1 0 0 1-1 1h-3.5v-5h-5v5H4a1 1 0 0 1-1-1z",
  table: "M3 4.5h14v11H3zM3 8.5h14M8 8.5v7",
  graph:
    "M6 5.5h3.5a2 2 0 0 1 2 2v5a2 2 0 0 0 2 2M3 5.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M14 5.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M14 14.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M11 5.5h3",
  run: "M6 4.5v11l9-5.5z",
  clock: "M10 5.5V10l3 2M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  transfer: "M4 7h11m0 0-3-3m3 3-3 3M16 13H5m0 0 3-3m-3 3 3 3",
  database:
    "M4 5.5C4 4.1 6.7 3 10 3s6 1.1 6 2.5S13.3 8 10 8 4 6.9 4 5.5zM4 5.5v9C4 15.9 6.7 17 10 17s6-1.1 6-2.5v-9M4 10c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5",
  coin: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM12.3 7.6c-.5-.7-1.3-1-2.3-1-1.300 0-2.200.6-2.200 1.600 0 2.400 4.600 1.200 4.600 3.600 0 1-.9 1.600-2.400 1.600-1 0-1.900-.4-2.400-1.100M10 5.400v1.200M10 13.400v1.200",
  key: "M12.5 11a4 4 0 1 0-3.700-2.500L3 14.300V17h2.700v-2h2v-2h2l.8-2.200c.6.2 1.300.2 2 .2zM13.500 6.500h.01",
  list: "M7 5.500h10M7 10h10M7 14.500h10M3.500 5.500h.01M3.500 10h.01M3.500 14.500h.01",
  people:
    "M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 16.500c0-2.800 2.200-4.500 5-4.500s5 1.700 5 4.500M13 4a2.800 2.800 0 0 1 0 5.200M14.500 12.300c1.800.600 3 2.100 3 4.200",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.500 13.500 17 17",
  plus: "M10 4v12M4 10h12",
  close: "m5 5 10 10M15 5 5 15",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  sun: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 2.500v1.500M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M4.700 15.300l1-1M14.300 5.700l1-1",
  moon: "M16.500 12A7 7 0 0 1 8 3.500 7 7 0 1 0 16.500 12z",
  auto: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 3v14M10 6h4M10 9h6.500M10 12h6.500M10 15h4",
  exit: "M8 3.500H4.500v13H8M12.500 6.500 16 10l-3.500 3.500M16 10H8",
  down: "m5 8 5 5 5-5",
  download: "M10 3v10m0 0 4-4m-4 4L6 9M3.500 16.500h13",
  upload: "M10 13V3m0 0L6 7m4-4 4 4M3.500 16.500h13",
  warning: "M10 3.500 17.500 16.500h-15zM10 8.500v3.500M10 14.300h.01",
  external: "M4 9v7h12V9M10 12V3.500m0 0L7 6.500m3-3 3 3",
  summary: "M14.500 5V3.500h-9L10 10l-4.500 6.500h9V15",
  import: "M4 9v7h12V9M10 3.500V12m0 0L7 9m3 3 3-3",
  stop: "M5.500 5.500h9v9h-9z",
  refresh: "M16 10a6 6 0 1 1-1.800-4.300L16 7.500M16 3.500v4h-4",
  fit: "M3.500 7.500v-4h4M12.500 3.500h4v4M16.500 12.500v4h-4M7.500 16.500h-4v-4",
  check: "m4.500 10.500 3.500 3.500 7.500-8",
} as const;

export type IconName = keyof typeof paths;

/** A decorative 20-unit line icon: its neighbour text or the button's label says what it means. */
export function Icon(props: { name: IconName; size?: number }) {
  return (
    <svg
      width={props.size ?? 16}
      height={props.size ?? 16}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[props.name]} />
    </svg>
  );
}
