/** Icons: strokes on a grid of 24. */

const PATHS = {
  room: 'M4 9h16M4 15h16M10 4 8 20M16 4l-2 16',
  chat: 'M5 5h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 19 17h-7l-5 4v-4H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 5Z',
  session: 'M8.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.3 2.5-5.5 6-5.5s6 2.2 6 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.8c2.5.6 4 2.5 4 5.2',
  bell: 'M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 2h-15ZM10 21h4',
  events: 'M4 18a2 2 0 1 0 4 0 2 2 0 0 0-4 0ZM4 11c5 0 9 4 9 9M4 4c9 0 16 7 16 16',
  audio: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5 11a7 7 0 0 0 14 0M12 18v3',
  device: 'M7 7h10v10H7ZM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4',
  health: 'M3 12h4l2.5-7 5 14L17 12h4',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  send: 'M4.5 12 3 4l18 8-18 8ZM4.5 12H12',
  attach: 'M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.7 17a1.6 1.6 0 0 1-2.3-2.3L15 7',
  file: 'M6 3h8l5 5v13H6ZM14 3v5h5',
  download: 'M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5 10 17.5 19.5 7',
  checks: 'M2.5 12.5 7 17.5 15 7M11.5 16l1.5 1.5L21.5 7',
  lock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  key: 'M14.5 14a5 5 0 1 0-4.4-2.6L3 18.5V21h3v-2h2v-2h2l1.6-1.6c.9.4 1.9.6 2.9.6ZM15.5 8.5h.01',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4.2 4.2 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4.2 4.2 0 0 0 6 6l1.5-1.5',
  people: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 21c0-4 3-6.5 7.5-6.5s7.5 2.5 7.5 6.5',
  mute: 'M11 5 6.5 9H3v6h3.5l4.5 4ZM16 9.5l5 5M21 9.5l-5 5',
  unmute: 'M11 5 6.5 9H3v6h3.5l4.5 4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  kick: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  ban: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.7 5.7l12.6 12.6',
  bin: 'M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6',
  stop: 'M7 7h10v10H7Z',
  play: 'M8 5v14l11-7Z',
  pause: 'M8 5v14M16 5v14',
  copy: 'M9 9h11v11H9ZM5 15H4V4h11v1',
  back: 'M15 5l-7 7 7 7',
  down: 'M12 5v14m-6-6 6 6 6-6',
  chevron: 'M6 15l6-6 6 6',
  warning: 'M12 3.5 22 20H2ZM12 10v4.5M12 17.3h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.8h.01',
  spark: 'M12 3l2.2 6.3L20.5 12l-6.3 2.7L12 21l-2.2-6.3L3.5 12l6.3-2.7Z',
  cut: 'M4 8c6 0 10 8 16 8M4 16c2 0 3.6-.9 5.200-2.200M20 8c-2 0-3.700.8-5.200 2',
  out: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5',
  moon: 'M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500Z',
  inspector: 'M4 5h16v14H4ZM4 14h16M8 17h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means is said in text beside it, or in its button's label. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
