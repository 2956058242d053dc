/** How a contender is drawn; always the same in all plots of a run. */
export interface Look {
  /** A class of the style sheet, which knows light and dark. */
  readonly tint: string;
  /** Of a line; empty for an unbroken one. */
  readonly dash: string;
  /** newswire stands out. */
  readonly isOurs: boolean;
}

/** Peers' colours, by light and dark background, apart from each other also in brightness. */
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

/** A peer's look, by its place among the peers of its class. */
export const peerLook = (place: number): Look => ({
  tint: `t${place % TINTS.length}`,
  dash: DASHES[Math.floor(place / TINTS.length) % DASHES.length] ?? '',
  isOurs: false,
});

/** A look of one of newswire's set-ups, by its place among them. */
export const ownLook = (place: number): Look => ({
  tint: 'own',
  dash: DASHES[place % DASHES.length] ?? '',
  isOurs: true,
});

export const RAW_LOOK: Look = { tint: 'raw', dash: '3 3', isOurs: false };

const rules = (background: string, text: string, grid: string, own: string, side: 0 | 1) => [
  `.paper{fill:${background}}`,
  `.text{fill:${text}}`,
  `.halo{stroke:${background}}`,
  `.grid{stroke:${grid}}`,
  `.axis{stroke:${text}}`,
  `.own{--c:${own}}`,
  `.raw{--c:${side === 0 ? '#6e7781' : '#9aa4ae'}}`,
  ...TINTS.map((tint, i) => `.t${i}{--c:${tint[side]}}`),
];

/** The background is drawn too: an image follows the system's scheme, which the page around it need not. */
export const STYLE = [
  'text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif}',
  '.title{font-size:16px;font-weight:600}',
  '.strong{font-weight:700}',
  '.halo{stroke-width:4;paint-order:stroke}',
  '.line{fill:none;stroke:var(--c)}',
  '.solid{fill:var(--c)}',
  '.bar{stroke:var(--c)}',
  ...rules('#ffffff', '#1f2328', '#d8dee4', '#d1242f', 0),
  '@media (prefers-color-scheme:dark){',
  ...rules('#0d1117', '#e6edf3', '#2d333b', '#ff7b72', 1),
  '}',
].join('\n');
