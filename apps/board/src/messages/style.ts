/** The style sheet of the pages. The colours of both themes have a contrast of 4.5 or more for text. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f6f3; --card: #ffffff; --ink: #1c2024; --soft: #5f6670; --line: #e3e3dd; --track: #ecece6;
  --link: #23598f; --fill: #7d93ab; --good: #1a6e45; --warn: #855a00; --bad: #b0271c;
  --good-soft: #e5f2ea; --warn-soft: #f8efda; --bad-soft: #fbe9e6; --plain-soft: #eeeee9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --card: #1c2024; --ink: #e6e6e3; --soft: #9ba3ad; --line: #2d3238; --track: #2a2f35;
    --link: #8ab8e6; --fill: #6d8299; --good: #74c69b; --warn: #dcb15c; --bad: #f0897e;
    --good-soft: #1d3328; --warn-soft: #362d19; --bad-soft: #3d2321; --plain-soft: #2a2f35;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, "Segoe UI",
  "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; font-variant-numeric: tabular-nums;
}
.wide { max-width: 1280px; margin: 0 auto; padding: 0 20px; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: 0.92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
small { color: var(--soft); font-size: 12px; }
h1 { font-size: 20px; font-weight: 600; margin: 24px 0 4px; display: flex; gap: 12px; align-items: center; flex-wrap: wrap; }
h2 { font-size: 13px; font-weight: 600; color: var(--soft); margin: 28px 0 8px; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); }
.top { background: var(--card); border-bottom: 1px solid var(--line); }
.top .wide { display: flex; justify-content: space-between; align-items: center; min-height: 52px; gap: 16px; }
.top nav { display: flex; gap: 20px; }
.brand { color: var(--soft); font-size: 15px; }
.brand b { color: var(--ink); font-weight: 600; margin-left: 4px; }
main.wide { padding-bottom: 28px; }
footer { color: var(--soft); font-size: 12px; }
footer p { margin: 0; padding: 12px 0 32px; border-top: 1px solid var(--line); }
.card, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.card { padding: 14px 16px; }
.card > p { margin: 0; }
.empty { color: var(--soft); background: var(--card); border: 1px dashed var(--line); border-radius: 8px; padding: 18px 16px; margin: 0; }

.state { margin: 20px 0 16px; padding: 10px 16px; border-radius: 8px; border-left: 4px solid; list-style: none; }
.state li + li { margin-top: 4px; }
.state.good { background: var(--good-soft); border-color: var(--good); color: var(--good); }
.state.warn { background: var(--warn-soft); border-color: var(--warn); color: var(--warn); }
.state.bad { background: var(--bad-soft); border-color: var(--bad); color: var(--bad); }

.search label { display: block; font-weight: 600; margin-bottom: 6px; }
.search div { display: flex; gap: 8px; max-width: 640px; }
.search input {
  flex: 1; min-width: 0; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line);
  border-radius: 6px; padding: 7px 10px;
}
.search button {
  font: inherit; font-weight: 600; color: var(--card); background: var(--link); border: 0; border-radius: 6px; padding: 7px 18px;
  cursor: pointer;
}
.search > p { margin: 6px 0 0; }
.hint { color: var(--soft); font-size: 12px; }
.fault { color: var(--bad); font-weight: 600; }

.periods { display: flex; gap: 4px; margin: 24px 0 12px; }
.periods a { color: var(--soft); padding: 4px 12px; border-radius: 999px; border: 1px solid transparent; }
.periods a[aria-current] { color: var(--ink); font-weight: 600; background: var(--card); border-color: var(--line); }

.tiles { display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px; margin: 0; }
.tiles dt { color: var(--soft); font-size: 13px; }
.tiles dd { margin: 0; font-size: 26px; font-weight: 600; line-height: 1.3; }
.tiles .bar { margin-top: 4px; }
.tiles small { display: block; margin-top: 4px; }

.bar { display: block; width: 100%; height: 4px; border-radius: 2px; overflow: hidden; }
.bar .track { fill: var(--track); }
.bar .fill { fill: var(--fill); }
.bar.good .fill { fill: var(--good); }
.bar.warn .fill { fill: var(--warn); }
.bar.bad .fill { fill: var(--bad); }
.ratio { display: inline-flex; align-items: center; gap: 8px; }
.ratio .bar { width: 88px; }
.ratio > span { min-width: 56px; text-align: right; }

.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 20px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; color: var(--soft); font-size: 12px; white-space: nowrap; }
th, td { padding: 8px 12px; border-bottom: 1px solid var(--line); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 16px; }
th:last-child, td:last-child { padding-right: 16px; }
tbody tr:last-child td { border-bottom: 0; }
td b { font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
time { white-space: nowrap; }
.day { color: var(--soft); }

.pill { display: inline-block; padding: 0 9px; border-radius: 10px; font-size: 12px; font-weight: 600; line-height: 20px; }
.pill.good { color: var(--good); background: var(--good-soft); }
.pill.warn { color: var(--warn); background: var(--warn-soft); }
.pill.bad { color: var(--bad); background: var(--bad-soft); }
.pill.plain { color: var(--soft); background: var(--plain-soft); }

.budget { list-style: none; margin: 0; display: grid; gap: 14px; }
.budget li { display: grid; grid-template-columns: 1fr auto; gap: 4px 12px; }
.budget .bar { grid-column: 1 / -1; }

.id { margin: 0 0 16px; color: var(--soft); }
.story { border-left-width: 4px; }
.story.good { border-left-color: var(--good); }
.story.warn { border-left-color: var(--warn); }
.story.bad { border-left-color: var(--bad); }
.story > p { margin: 8px 0 0; }
.story > .what { font-size: 16px; font-weight: 600; margin: 0; }
.name { color: var(--soft); margin-right: 8px; }
.facts { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 20px 0 0; }
.facts dt { color: var(--soft); font-size: 12px; }
.facts dd { margin: 0; }
.call { white-space: nowrap; margin-right: 10px; }

@media (min-width: 1100px) {
  .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
}
@media (max-width: 700px) {
  .wide { padding: 0 14px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .tiles dd { font-size: 22px; }
  .scroll { overflow: visible; background: none; border: 0; }
  thead { display: none; }
  table, tbody, td { display: block; }
  tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 6px 16px; background: var(--card); border: 1px solid var(--line);
    border-radius: 8px; padding: 12px 14px; }
  tr + tr { margin-top: 8px; }
  tr.figures { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  td:has(.call) { grid-column: 1 / -1; }
  .call { white-space: normal; }
  tr.figures td { grid-column: span 2; }
  tr.figures td:has(.ratio) { grid-column: span 3; }
  td, td:first-child, td:last-child, td.number { padding: 0; border: 0; text-align: left; overflow-wrap: anywhere; white-space: normal; }
  td:first-child, tr.figures td:first-child, tr.figures td:last-child:not(.number) { grid-column: 1 / -1; }
  td:not(:first-child)::before { content: attr(data-name); display: block; color: var(--soft); font-size: 12px; }
  td.blank { display: none; }
  .ratio { display: grid; gap: 2px; }
  .ratio > span { order: -1; text-align: left; }
  .ratio .bar { width: 100%; max-width: 120px; }
}
`
