# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in a headless Chromium and lets the page check itself.

usage: page_browser_test.py MXSCOPE_BINARY

At a desktop's and a phone's width, light and dark: every figure has a picture that can be seen,
links lead somewhere, nothing is wider than the screen, the console is silent, tables sort and
marks say what they are. Then the page is printed. Exit code 77: no Chromium, or no vl-convert.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CLAIMS = {"claims": [{"id": f"codec/{name}", "statement": f"{name} agrees everywhere", "subject": name,
                      "domain": "all 2^32 binary32 patterns", "method": "sweep",
                      "result": "exhaustive", "bound": "", "witness": "", "cases": 4294967296,
                      "digest": ""} for name in ("e4m3", "e5m2")]}

# Before anything else of the page runs.
RECORDER = """<script>
var said = [];
addEventListener("error", function (e) { said.push("error: " + e.message); });
["error", "warn"].forEach(function (level) {
  console[level] = function () { said.push(level + ": " + Array.from(arguments).join(" ")); };
});
</script>"""

CHECK = """<script>
addEventListener("load", function () {
  var faults = said, fail = function (text) { faults.push(text); };
  document.querySelectorAll("figure").forEach(function (figure) {
    var svg = figure.querySelector("svg"), box = svg && svg.getBoundingClientRect();
    if (!box || box.width < 100 || box.height < 40) return fail("no picture: " + figure.id);
    if (!figure.querySelector("figcaption").textContent.trim()) fail("no caption: " + figure.id);
    var ink = Array.from(svg.querySelectorAll("path, rect, text, line")).filter(function (mark) {
      var b = mark.getBoundingClientRect();
      return b.width > 0 || b.height > 0;
    });
    if (ink.length < 5) fail("an empty picture: " + figure.id);
  });
  document.querySelectorAll("a[href^='#']").forEach(function (a) {
    if (!document.getElementById(a.getAttribute("href").slice(1))) fail("dead link: " + a.href);
  });
  var wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    fail("the page is " + wide + " wide on a screen of " + innerWidth);
    document.querySelectorAll("main *").forEach(function (e) {
      if (!e.closest(".wide, .picture") && e.getBoundingClientRect().right > innerWidth + 1)
        fail("sticks out: " + e.tagName + " " + e.className + " " + e.textContent.slice(0, 40));
    });
  }
  var table = document.querySelector("table.sortable"), head = table.querySelector("th");
  var first = function () { return table.tBodies[0].rows[0].textContent; };
  head.click();
  var ascending = first();
  head.click();
  if (head.getAttribute("aria-sort") !== "descending" || first() === ascending)
    fail("a table does not sort");
  var mark = document.querySelector(".picture [data-tip]"), at = mark.getBoundingClientRect();
  mark.closest("svg").dispatchEvent(new PointerEvent("pointermove", {
    pointerType: "mouse", clientX: at.left + at.width / 2, clientY: at.top + at.height / 2 }));
  var tip = document.getElementById("tip");
  if (tip.hidden || !tip.textContent) fail("a mark says nothing");
  var find = document.querySelector("input.filter");
  find.value = "e5m2 agrees everywhere";
  find.dispatchEvent(new Event("input"));
  var shown = Array.from(document.querySelectorAll("#all-claims tbody tr")).filter(
      function (tr) { return !tr.hidden; });
  if (shown.length !== 1) fail("the filter of claims shows " + shown.length);
  var colour = getComputedStyle(document.body).backgroundColor;
  parent.postMessage(JSON.stringify({ width: innerWidth, background: colour, faults: faults,
      figures: document.querySelectorAll("figure").length }), "*");
});
</script>"""

# A browser's window has a least width; a frame has none.
FRAME = """<!DOCTYPE html><pre id="self-check"></pre>
<script>addEventListener("message", function (e) {
  document.getElementById("self-check").textContent = e.data;
});</script>
<iframe src="checked.html" style="border:0; width:%dpx; height:900px"></iframe>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    return None


def chromium(program, folder, *arguments):
    words = [program, "--headless", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
             f"--user-data-dir={folder}/profile", "--virtual-time-budget=4000", *arguments]
    if os.geteuid() == 0:
        words.insert(1, "--no-sandbox")
    return subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)


def look(program, folder, page, width, dark):
    """What the page found out about itself."""
    frame = page.parent / "frame.html"
    frame.write_text(FRAME % width)
    done = chromium(program, folder, "--window-size=1400,1000",
                    f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom",
                    f"file://{frame}")
    found = re.search(r'<pre id="self-check">(.+?)</pre>', done.stdout, re.S)
    if not found:
        sys.exit(f"the page did not check itself; Chromium said:\n{done.stderr[-2000:]}")
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return json.loads(text)


def main():
    program = browser()
    if program is None:
        print("skipped: there is no Chromium; apt-get install chromium")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "claims.json").write_text(json.dumps(CLAIMS))
        out = folder / "out"
        subprocess.run([sys.argv[1], "report", "-o", out, "--claims", folder / "claims.json",
                        "--python", sys.executable, "--pdf"], check=True)
        html = (out / "index.html").read_text()
        if "No picture: install the renderer" in html:
            print("skipped: this Python has no vl-convert-python")
            sys.exit(77)
        for link in re.findall(r'href="([^"#][^"]*)"', html):
            assert (out / link).is_file(), f"{link} is not beside the page"
        assert (out / "report.pdf").read_bytes().startswith(b"%PDF"), "no PDF"
        page = out / "checked.html"
        page.write_text(html.replace("<head>", "<head>" + RECORDER, 1)
                        .replace("</body>", CHECK + "</body>"))
        faults = []
        backgrounds = set()
        for width in (1280, 390):
            for dark in (False, True):
                seen = look(program, folder, page, width, dark)
                assert seen["width"] == width, f"asked for a width of {width}: {seen['width']}"
                assert seen["figures"] > 20, seen["figures"]
                backgrounds.add((dark, seen["background"]))
                faults += [f"{width}{' dark' if dark else ''}: {f}" for f in seen["faults"]]
        assert len(backgrounds) == 2 and len({b for _, b in backgrounds}) == 2, backgrounds
        # The check itself notices a picture that is gone, a dead link and what is too wide.
        broken = (html.replace('<div class="picture"><svg', '<div class="picture"><svg style="display:none"', 1)
                  .replace('href="#formats"', 'href="#nowhere"', 1)
                  .replace("<main>", '<main><div style="width:3000px">x</div>', 1))
        page.write_text(broken.replace("<head>", "<head>" + RECORDER, 1)
                        .replace("</body>", "<script>console.warn('w')</script>" + CHECK + "</body>"))
        noticed = " ".join(look(program, folder, page, 390, False)["faults"])
        for what in ("no picture", "dead link", " wide on a screen of 390", "warn: w"):
            assert what in noticed, f"{what!r} went unnoticed: {noticed[:400]}"
        print("\n".join(faults) or "the page holds at 1280 and 390 pixels, light and dark")
        sys.exit(len(faults) > 0)


main()
