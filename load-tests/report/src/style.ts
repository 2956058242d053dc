/** The page's look, light and dark. Lines differ in lightness too, for those who see hues alike. */
export const STYLE = `
:root { --page: #fff; --ink: #1c2024; --soft: #5c6670; --rule: #dde1e6; --held: #17713a; --broken: #b3261e;
  --line1: #2563c9; --line2: #b45309; --line3: #8f2d84; --line4: #8a94a0; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --ink: #e6e9ec; --soft: #a0a9b3; --rule: #30363d; --held: #5fce88; --broken: #ff8a80;
    --line1: #6ea8ff; --line2: #f2b155; --line3: #e38ad8; --line4: #7d8893; }
}
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { margin: .3rem 0; max-width: 75ch; }
time, small, summary { color: var(--soft); font-weight: normal; }
.verdict { font-weight: 600; margin: .8rem 0; }
.held { color: var(--held); }
.broken { color: var(--broken); font-weight: 600; }
.plots, .tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 1.5rem; }
.plots { margin: 1.5rem 0 1rem; }
.tables { grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); }
figure { margin: 0; }
figcaption { font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; font-size: 13px; color: var(--soft); }
.legend li::before { content: ''; display: inline-block; width: 1.1em; height: 3px; margin-right: .4em; vertical-align: middle; background: currentColor; }
.key1::before { color: var(--line1); } .key2::before { color: var(--line2); }
.key3::before { color: var(--line3); } .key4::before { color: var(--line4); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .x { text-anchor: middle; } svg .y { text-anchor: end; }
.grid, .tick { stroke: var(--rule); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line1 { stroke: var(--line1); } .line2 { stroke: var(--line2); }
.line3 { stroke: var(--line3); } .line4 { stroke: var(--line4); stroke-width: 1.5; }
.band { fill: transparent; } .band:hover { fill: var(--ink); fill-opacity: .09; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 600; }
th, td { white-space: nowrap; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid var(--rule); }
.n { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
`;
