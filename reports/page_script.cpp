// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The few lines of JavaScript of the page: tables sort, claims are filtered, marks say what they
// are, and the contents show where the reader is. Without it nothing is missing but that.
#include "reports/page.h"

namespace mxscope::reports {

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
(function () {
  // The mark nearest to the pointer, or to a finger, says what it stands for.
  var tip = document.createElement("div"), lit = null;
  tip.id = "tip"; tip.hidden = true; document.body.appendChild(tip);
  function hide() { tip.hidden = true; if (lit) lit.classList.remove("lit"); lit = null; }
  function show(svg, x, y, reach) {
    var best = null, least = reach * reach;
    svg.querySelectorAll("[data-tip]").forEach(function (mark) {
      var r = mark.getBoundingClientRect();
      var dx = Math.max(r.left - x, 0, x - r.right), dy = Math.max(r.top - y, 0, y - r.bottom), d = dx * dx + dy * dy;
      if (d < least) { least = d; best = mark; }
    });
    if (!best) return hide();
    if (best !== lit) { hide(); lit = best; lit.classList.add("lit"); tip.textContent = best.dataset.tip.replace(/; /g, "\n"); }
    tip.hidden = false;
    var w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - w - 6)) + "px";
    tip.style.top = (y + h + 24 > innerHeight ? y - h - 12 : y + 16) + "px";
  }
  document.querySelectorAll(".picture svg").forEach(function (svg) {
    if (!svg.querySelector("[data-tip]")) return;
    svg.addEventListener("pointermove", function (e) { if (e.pointerType === "mouse") show(svg, e.clientX, e.clientY, 12); });
    svg.addEventListener("pointerup", function (e) { if (e.pointerType !== "mouse") show(svg, e.clientX, e.clientY, 28); });
    svg.addEventListener("pointerleave", function (e) { if (e.pointerType === "mouse") hide(); });
  });
  addEventListener("scroll", hide, { passive: true });
})();
document.querySelectorAll("input.filter").forEach(function (input) {
  input.hidden = false;
  input.addEventListener("input", function () {
    var words = input.value.toLowerCase().split(/\s+/);
    document.getElementById(input.dataset.of).querySelectorAll("tbody tr").forEach(function (tr) {
      var text = tr.textContent.toLowerCase();
      tr.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
    });
    document.getElementById(input.dataset.of).querySelectorAll("details").forEach(function (d) { d.open = input.value !== ""; });
  });
});
(function () {
  var links = Array.from(document.querySelectorAll("nav a"));
  if (!window.IntersectionObserver) return;
  var seen = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      links.forEach(function (a) { a.classList.toggle("here", a.getAttribute("href") === "#" + entry.target.id); });
    });
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll("main section").forEach(function (s) { seen.observe(s); });
})();
)js";
}

}  // namespace mxscope::reports
