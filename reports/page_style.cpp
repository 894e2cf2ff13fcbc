// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How the page looks on light and dark screens, on phones and on paper.
#include <fmt/format.h>

#include "reports/figures_style.h"
#include "reports/page.h"

namespace mxscope::reports {
namespace {

constexpr std::string_view kColours = R"css(
:root { color-scheme: light dark; --paper:#fff; --ink:#1b1f24; --muted:#5b6470; --line:#d9dde3;
  --soft:#f4f6f8; --link:#0067ab; --sub:#fdf0e3; --spec:#f9e3e1; --zero:#e9edf2;
  --sign:#f2d7d5; --expo:#d3e2f4; --mant:#d6ecdd; --good:#00714f; --bad:#b3261e; --warn:#8a5a00; --calm:#0067ab; }
@media (prefers-color-scheme: dark) { :root { --paper:#14171b; --ink:#e6e9ed; --muted:#a2acb9; --line:#333a43;
  --soft:#1d2127; --link:#82c0f5; --sub:#3a2c1c; --spec:#43211f; --zero:#2a313a;
  --sign:#5a2f2c; --expo:#203f63; --mant:#1f4a31; --good:#5fd3a8; --bad:#f59b93; --warn:#e9b872; --calm:#82c0f5; }
)css";

constexpr std::string_view kLayout = R"css(
* { box-sizing:border-box }
html { scroll-padding-top:1rem; -webkit-text-size-adjust:100% }
body { margin:0; overflow-wrap:break-word; background:var(--paper); color:var(--ink);
  font:16px/1.58 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif }
.page { display:grid; grid-template-columns:12.5rem minmax(0,1fr); gap:0 3rem; max-width:84rem; margin:0 auto; padding:0 2rem }
nav { position:sticky; top:0; align-self:start; max-height:100vh; overflow-y:auto; padding:2.6rem 0 2rem; font-size:.9rem; line-height:1.35 }
nav b { display:block; margin-bottom:.7rem; font-size:.78rem; letter-spacing:.08em; text-transform:uppercase; color:var(--muted) }
nav a { display:block; padding:.28rem 0 .28rem .8rem; border-left:2px solid var(--line); color:var(--muted) }
nav a:hover, nav a.here { color:var(--ink); border-color:var(--link); text-decoration:none }
main { min-width:0; padding-bottom:3rem }
h1 { font-size:2.1rem; line-height:1.16; margin:2.4rem 0 .5rem; letter-spacing:-.018em; max-width:44rem; text-wrap:balance }
h2 { font-size:1.55rem; line-height:1.2; margin:4.2rem 0 .7rem; padding-top:1.1rem; border-top:2px solid var(--ink); letter-spacing:-.01em }
h3 { font-size:1.1rem; line-height:1.3; margin:2.2rem 0 .5rem; max-width:50rem } h4 { margin:1rem 0 .2rem }
p, ul, ol { max-width:46rem } .lead { font-size:1.12rem; line-height:1.5; color:var(--muted); margin:0 0 1.2rem }
a { color:var(--link); text-decoration:none } a:hover { text-decoration:underline }
a.anchor { color:var(--line); font-weight:400; margin-left:.35em } a.anchor:hover { color:var(--link) }
code, .m, td.r { font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace; font-size:.88em }
code { overflow-wrap:anywhere } sup { line-height:0; font-size:.72em }
.wide { overflow-x:auto; margin:.8rem 0 }
table { border-collapse:collapse; font-size:.84rem; line-height:1.38 }
th, td { padding:.32rem .6rem; border-bottom:1px solid var(--line); text-align:left; vertical-align:baseline }
th:first-child, td:first-child { padding-left:.2rem }
th { font-weight:600; white-space:nowrap } thead th { border-bottom:1.5px solid var(--ink); vertical-align:bottom }
td.text { min-width:13rem } td code { overflow-wrap:normal }
.r { text-align:right } td.r { white-space:nowrap }
tbody tr:hover { background:var(--soft) }
.sortable.live th { cursor:pointer } .sortable th[aria-sort=ascending]::after { content:" ▲"; font-size:.7em }
.sortable th[aria-sort=descending]::after { content:" ▼"; font-size:.7em }
td small { font-size:.95em; color:var(--muted) } small, .small { font-size:.82rem; color:var(--muted) }
.badge { display:inline-block; padding:0 .5em; border:1px solid currentColor; border-radius:1em; font-size:.74rem;
  font-weight:600; line-height:1.55; white-space:nowrap; vertical-align:.08em; letter-spacing:0 }
h2 .badge { font-size:.76rem; vertical-align:.32em; margin-left:.3em }
.exact,.definition,.computed,.cited { color:var(--calm) } .proved,.exhaustive { color:var(--good) } .measured,.assumed { color:var(--warn) } .refuted { color:var(--bad) }
dl.legend { display:grid; grid-template-columns:max-content 1fr; gap:.35rem 1rem; max-width:52rem; margin:1rem 0; font-size:.9rem } dl.legend dd { margin:0 }
details { margin:.5rem 0 } summary { cursor:pointer; color:var(--link); padding:.15rem 0 }
.side { display:flex; flex-wrap:wrap; gap:0 2.5rem }
input.filter { font:inherit; font-size:.9rem; width:100%; max-width:24rem; padding:.35rem .6rem; margin:.3rem 0; color:inherit; background:var(--soft); border:1px solid var(--line); border-radius:6px }
footer { margin-top:4rem; padding:.9rem 0 2rem; border-top:1px solid var(--line); font-size:.82rem; color:var(--muted) } footer code { overflow-wrap:anywhere }
)css";

constexpr std::string_view kParts = R"css(
figure { margin:1.6rem 0 2.4rem; break-inside:avoid }
figure h3 { margin:0 0 .45rem } .picture { overflow-x:auto } .picture svg { display:block; max-width:100%; height:auto }
figcaption { font-size:.86rem; line-height:1.5; color:var(--muted); max-width:52rem; margin-top:.4rem }
figcaption a { white-space:nowrap }
.nopicture { padding:.8rem 1rem; background:var(--soft); border-left:3px solid var(--warn); max-width:52rem }
[data-tip] { cursor:default } svg .lit { stroke:var(--ink); stroke-width:2; stroke-opacity:1 }
#tip { position:fixed; z-index:9; max-width:min(22rem,86vw); padding:.4rem .6rem; border-radius:6px; background:var(--ink); color:var(--paper);
  font-size:.8rem; line-height:1.4; pointer-events:none; white-space:pre-line; overflow-wrap:anywhere; box-shadow:0 2px 10px #0005 }
.facts { display:grid; grid-template-columns:repeat(4,minmax(0,1fr)); gap:0; margin:1.3rem 0 1.6rem; border-top:1px solid var(--line); border-bottom:1px solid var(--line) }
.facts div { padding:.75rem 1rem .8rem; border-left:1px solid var(--line) } .facts div:first-child { border-left:0; padding-left:0 }
.facts b { display:block; font-size:1.65rem; line-height:1.15; letter-spacing:-.02em; font-variant-numeric:tabular-nums } .facts span { font-size:.84rem; line-height:1.35; color:var(--muted); display:block; margin-top:.2rem }
.triptych { display:grid; grid-template-columns:repeat(3,minmax(0,1fr)); gap:1.2rem 1.8rem; margin:1.4rem 0 } .triptych figure { margin:0 }
.triptych h3 { font-size:.95rem; min-height:2.6em } .triptych figcaption { font-size:.78rem } .triptych svg { width:100% }
.pair { display:grid; grid-template-columns:repeat(2,minmax(0,1fr)); gap:0 2.4rem } .pair h4 { margin:.6rem 0 .2rem }
.verdicts { list-style:none; padding:0; margin:.5rem 0; max-width:none } .verdicts li { break-inside:avoid; margin:0 0 .95rem; font-size:.9rem; line-height:1.45 }
.verdicts b { font-weight:600 } .verdicts .badge { margin-right:.35em } .verdicts code { font-size:.84em } .verdicts p { margin:.1rem 0 0; color:var(--muted) }
.note { padding:.7rem 1rem; background:var(--soft); border-left:3px solid var(--calm); max-width:52rem; font-size:.92rem }
.cards { display:grid; grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr)); gap:.9rem; margin:1rem 0 }
.card { border:1px solid var(--line); border-radius:8px; padding:.7rem .9rem; break-inside:avoid; min-width:0 } .card h4 { margin:0 0 .45rem; font-size:1rem }
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
.nb { white-space:nowrap }
)css";

constexpr std::string_view kOtherMedia = R"css(
@media screen and (max-width:72rem) { .page { display:block; padding:0 1.5rem }
  nav { display:flex; gap:1.1rem; overflow-x:auto; margin:0 -1.5rem; padding:.65rem 1.5rem; background:var(--paper); border-bottom:1px solid var(--line); z-index:5; scrollbar-width:none }
  nav b { display:none } nav a { white-space:nowrap; border:0; padding:0 } nav a.here { box-shadow:0 2px 0 var(--link) }
  html { scroll-padding-top:3.2rem } h1 { margin-top:1.4rem } }
@media screen and (max-width:48rem) { body { font-size:15.5px } .page { padding:0 1.05rem } nav { margin:0 -1.05rem; padding:.65rem 1.05rem }
  h1 { font-size:1.62rem } h2 { font-size:1.34rem; margin-top:3rem } .lead { font-size:1.02rem }
  .facts { grid-template-columns:1fr 1fr } .facts div { padding:.6rem .7rem } .facts div:nth-child(odd) { border-left:0; padding-left:0 } .facts div:nth-child(n+3) { border-top:1px solid var(--line) } .facts b { font-size:1.35rem }
  .triptych { grid-template-columns:1fr } .triptych h3 { min-height:0 } .pair { grid-template-columns:minmax(0,1fr) }
  figure:not(.small-figure) .picture svg { min-width:46rem; max-width:none } dl.legend { grid-template-columns:1fr; gap:.1rem } dl.legend dd { margin-bottom:.45rem } }
@media print {
  :root { color-scheme:light } @page { size:A4; margin:13mm 12mm }
  body { font-size:9.6pt; line-height:1.45 } .page { display:block; max-width:none; padding:0 } nav, a.anchor, input.filter, #tip { display:none }
  p, ul, ol, figcaption { max-width:none } h1 { margin-top:0; font-size:19pt } h2 { margin-top:1.4rem; break-after:avoid } h3, h4 { break-after:avoid } h4 + .wide { break-before:avoid }
  section { break-before:page } section:first-of-type { break-before:auto } a { color:inherit }
  table { font-size:7.2pt } th,td { padding:.12rem .28rem } tr { break-inside:avoid } .wide, .picture { overflow:visible }
  .facts { margin:.6rem 0 } .facts b { font-size:14pt } .facts span { font-size:7.6pt } .triptych { gap:.6rem 1rem; margin:.6rem 0 } .triptych h3 { font-size:8.6pt } .triptych figcaption { font-size:7pt }
  .verdicts li { font-size:8.2pt; margin-bottom:.5rem } .lead { font-size:10pt }
  table.codes { font-size:6pt } table.codes th, table.codes td { padding:.08rem .16rem } .badge { font-size:7pt } .cards { grid-template-columns:repeat(3,1fr) }
  .bits span,.S,.E,.M,td,th,.badge,.note { print-color-adjust:exact; -webkit-print-color-adjust:exact } details:not([open]) { display:none }
}
)css";

}  // namespace

std::string page_style() {
  std::string out(kColours);
  // Pictures carry their colours as attributes; on a dark page each gets its counterpart.
  for (const PaletteColour& c : palette())
    out += fmt::format(
        "  figure svg [fill=\"{0}\"]{{fill:{1}}} figure svg [stroke=\"{0}\"]{{stroke:{1}}}\n",
        c.light, c.dark);
  out += "}\n";
  out += kLayout;
  out += kParts;
  out += kOtherMedia;
  return out;
}

}  // namespace mxscope::reports
