/** How a contender is drawn; the same in all plots of a run. */
export interface Look {
  /** Name of a colour of the style sheet, which has a light and a dark one. */
  readonly tint: string;
  /** Of a line; empty for an unbroken one. */
  readonly dash: string;
  /** Newswire is drawn thicker and on top. */
  readonly isOurs: boolean;
}

/** Colours of peers on a light and on a dark background, which differ in brightness as well. */
const TINTS = [
  ['#2364aa', '#6cb0ff'],
  ['#2f8f4e', '#6fd08c'],
  ['#8a5fbf', '#c4a0f5'],
  ['#b07900', '#e8b84a'],
  ['#0d8c8c', '#4fd0d0'],
  ['#a3487a', '#f08fc4'],
  ['#6b7a1f', '#bccb5a'],
  ['#7a5a44', '#c9a58c'],
] as const;

const DASHES = ['', '7 4', '2 4', '10 4 2 4'] as const;

/** The look of a peer, by its place among the peers of its class. */
export const createPeerLook = (place: number): Look => ({
  tint: `t${place % TINTS.length}`,
  dash: DASHES[Math.floor(place / TINTS.length) % DASHES.length] ?? '',
  isOurs: false,
});

/** The look of one of newswire's set-ups, by its place among them. */
export const createOwnLook = (place: number): Look => ({
  tint: 'own',
  dash: DASHES[place % DASHES.length] ?? '',
  isOurs: true,
});

export const RAW_LOOK: Look = { tint: 'raw', dash: '3 3', isOurs: false };

const variables = (background: string, text: string, own: string, raw: string, side: 0 | 1) =>
  `svg{--plot-background:${background};--own:${own};--raw:${raw};${TINTS.map(
    (tint, i) => `--t${i}:${tint[side]}`,
  ).join(';')};color:${text}}`;

/** The background is drawn as well: an image follows the system's colour scheme, unlike the page around it. */
export const STYLE = [
  variables('#ffffff', '#1f2328', '#d1242f', '#6e7781', 0),
  '@media (prefers-color-scheme:dark){',
  variables('#0d1117', '#e6edf3', '#ff7b72', '#9aa4ae', 1),
  '}',
  'text{font-size:13px;font-family:system-ui,-apple-system,"Segoe UI",sans-serif;white-space:pre}',
  '.title{font-size:16px;font-weight:600;fill:currentColor}',
  '.paper{fill:var(--plot-background)}',
].join('\n');
