// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How the page looks on light and dark screens and on paper, and the few lines that sort its
// tables.
#include "reports/page.h"

namespace mxscope::reports {

std::string_view page_style() {
  return R"css(
:root { color-scheme: light dark; --paper:#fff; --ink:#1b1f24; --muted:#5b6470; --line:#d9dde3;
  --soft:#f4f6f8; --link:#1f5fa8; --sub:#fdf0e3; --spec:#f9e3e1; --zero:#e9edf2;
  --sign:#f2d7d5; --expo:#d3e2f4; --mant:#d6ecdd; --good:#2c7d4f; --bad:#b3261e; --warn:#9a5b00; --calm:#1f5fa8; }
@media (prefers-color-scheme: dark) { :root { --paper:#14171b; --ink:#e6e9ed; --muted:#9aa4b1; --line:#333a43;
  --soft:#1d2127; --link:#8ab8ee; --sub:#3a2c1c; --spec:#43211f; --zero:#2a313a;
  --sign:#5a2f2c; --expo:#203f63; --mant:#1f4a31; --good:#6fcf97; --bad:#f28b82; --warn:#e9b872; --calm:#8ab8ee; }
  figure svg [fill="#1b1f24"]{fill:#e6e9ed} figure svg [stroke="#1b1f24"]{stroke:#e6e9ed}
  figure svg [fill="#68707c"]{fill:#9aa4b1} figure svg [stroke="#68707c"]{stroke:#9aa4b1}
  figure svg [stroke="#e3e6ea"]{stroke:#2b3139} figure svg [stroke="#ffffff"]{stroke:#14171b}
  figure svg [fill="#1f5fa8"]{fill:#6ea8e8} figure svg [stroke="#1f5fa8"]{stroke:#6ea8e8}
  figure svg [fill="#c8600a"]{fill:#f0a04b} figure svg [stroke="#c8600a"]{stroke:#f0a04b}
  figure svg [fill="#2c7d4f"]{fill:#5fc08a} figure svg [fill="#b3261e"]{fill:#ef7b72}
  figure svg [stroke="#2c7d4f"]{stroke:#5fc08a} figure svg [stroke="#b3261e"]{stroke:#ef7b72}
  figure svg [fill="#9db9dc"]{fill:#3c5a80} figure svg [stroke="#9db9dc"]{stroke:#5d7ca6} }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin:0 auto; padding:0 1.5rem 4rem; max-width:78rem; background:var(--paper); color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif }
h1 { font-size:1.9rem; line-height:1.2; margin:2.2rem 0 .3rem; letter-spacing:-.01em }
h2 { font-size:1.4rem; margin:3.2rem 0 .6rem; padding-top:.9rem; border-top:2px solid var(--ink) }
h3 { font-size:1.08rem; margin:2rem 0 .5rem }
p, ul, ol { max-width:46rem } .lead { font-size:1.1rem; color:var(--muted); margin-top:0 }
a { color:var(--link); text-decoration:none } a:hover { text-decoration:underline }
nav { margin:1.2rem 0; padding:.7rem 1rem; background:var(--soft); border-radius:8px }
nav a { margin-right:1.2rem; white-space:nowrap; display:inline-block }
code, .m, td.r { font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; font-size:.9em }
sup { line-height:0; font-size:.72em }
.wide { overflow-x:auto; margin:.8rem 0 }
table { border-collapse:collapse; font-size:.82rem; line-height:1.35 }
th, td { padding:.3rem .55rem; border-bottom:1px solid var(--line); text-align:left; vertical-align:baseline }
th { font-weight:600; white-space:nowrap } thead th { border-bottom:1.5px solid var(--ink); vertical-align:bottom }
td.text { min-width:13rem }
.r { text-align:right } td.r { white-space:nowrap }
tbody tr:hover { background:var(--soft) }
.sortable.live th { cursor:pointer } .sortable th[aria-sort=ascending]::after { content:" ▲"; font-size:.7em }
.sortable th[aria-sort=descending]::after { content:" ▼"; font-size:.7em }
td small { font-size:.95em; color:var(--muted) } small, .small { font-size:.82rem; color:var(--muted) }
.badge { display:inline-block; padding:0 .5em; border:1px solid currentColor; border-radius:1em; font-size:.76rem;
  font-weight:600; line-height:1.5; white-space:nowrap; vertical-align:.08em }
.exact,.definition { color:var(--calm) } .proved,.exhaustive { color:var(--good) } .measured { color:var(--warn) } .refuted { color:var(--bad) }
dl.legend { display:grid; grid-template-columns:max-content 1fr; gap:.35rem 1rem; max-width:52rem; margin:1rem 0 } dl.legend dd { margin:0 }
figure { margin:1.6rem 0 2.2rem; break-inside:avoid }
figure h3 { margin:0 0 .3rem } figure svg { display:block; max-width:100%; height:auto; overflow:visible }
figcaption { font-size:.86rem; color:var(--muted); max-width:52rem; margin-top:.3rem }
.nopicture { padding:.8rem 1rem; background:var(--soft); border-left:3px solid var(--warn); max-width:52rem }
details { margin:.5rem 0 } summary { cursor:pointer; color:var(--link); padding:.15rem 0 }
h4 { margin:1rem 0 .2rem } .side { display:flex; flex-wrap:wrap; gap:0 2.5rem }
.cards { display:grid; grid-template-columns:repeat(auto-fill,minmax(19rem,1fr)); gap:.9rem; margin:1rem 0 }
.card { border:1px solid var(--line); border-radius:8px; padding:.7rem .9rem; break-inside:avoid } .card h4 { margin:0 0 .45rem; font-size:1rem }
.card p { margin:.45rem 0 0; font-size:.84rem; color:var(--muted) }
.bits { display:flex; gap:2px } .bits span { flex:1; max-width:2.1rem; text-align:center; padding:.22rem 0; border-radius:3px;
  font:600 .8rem ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace }
.S { background:var(--sign) } .E { background:var(--expo) } .M { background:var(--mant) } .pad { background:var(--soft); color:var(--muted) }
table.codes { font-size:.74rem } table.codes th, table.codes td { border:1px solid var(--line); padding:.14rem .34rem; text-align:right; white-space:nowrap }
table.codes th { color:var(--muted); font-weight:600; background:var(--soft) }
td.subnormal { background:var(--sub) } td.nan, td.infinity, td.unused { background:var(--spec) } td.zero { background:var(--zero) }
.key span { padding:.05rem .45rem; border-radius:3px; margin-right:.5rem; font-size:.8rem }
table.matrix { font-size:.74rem } table.matrix th, table.matrix td { padding:.25rem .38rem }
table.matrix td { text-align:right; white-space:nowrap; font-variant-numeric:tabular-nums }
footer { margin-top:4rem; padding-top:.8rem; border-top:1px solid var(--line); font-size:.82rem; color:var(--muted) } footer code { overflow-wrap:anywhere }
@media print {
  :root { color-scheme: light } @page { margin:14mm 12mm }
  body { max-width:none; padding:0; font-size:10pt } p, ul, ol, figcaption { max-width:none } h4 { break-after:avoid } h4 + .wide { break-before:avoid } h2 { margin-top:1.6rem; break-after:avoid } h3 { break-after:avoid } nav { display:none }
  a { color:inherit } table { font-size:7.2pt } th,td { padding:.12rem .28rem } tr { break-inside:avoid } .wide { overflow:visible }
  table.codes { font-size:6pt } table.codes th, table.codes td { padding:.08rem .16rem } .badge { font-size:7pt } .cards { grid-template-columns:repeat(3,1fr) }
  .bits span,.S,.E,.M,td,th,.badge { print-color-adjust:exact; -webkit-print-color-adjust:exact } details:not([open]) { display:none }
}
)css";
}

std::string_view page_script() {
  return R"js(
document.querySelectorAll("table.sortable").forEach(function (table) {
  table.classList.add("live");
  table.querySelectorAll("th").forEach(function (th, i) {
    th.addEventListener("click", function () {
      var up = th.getAttribute("aria-sort") !== "ascending", body = table.tBodies[0];
      var key = function (tr) { var c = tr.cells[i]; return c.dataset.k !== undefined ? c.dataset.k : c.textContent.trim(); };
      Array.from(body.rows).sort(function (a, b) {
        var x = key(a), y = key(b), d = Number(x) - Number(y);
        return (isNaN(d) ? x.localeCompare(y) : d) * (up ? 1 : -1);
      }).forEach(function (tr) { body.appendChild(tr); });
      table.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
    });
  });
});
)js";
}

}  // namespace mxscope::reports
