# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Renders NAME.vl.json files to NAME.svg, without a network, as fragments for an HTML page.

usage: render_figures.py FIGURES SVGS     (two folders)

Exit code 3: the package vl-convert-python is missing; 1: a figure could not be drawn.
"""
import pathlib
import re
import sys

VEGA_LITE = "5.20"


def embedded(svg: str, name: str) -> str:
    """The SVG as part of a page: ids that are unique in it, and nothing a reader cannot see."""
    svg = re.sub(r'<path[^>]*\bd=""[^>]*/>', "", svg)
    svg = re.sub(r'<path class="background"[^>]*d="M0,0h0v0h0Z"[^>]*/>', "", svg)
    # Symbols with a text of their own keep it for the page's script and for screen readers.
    svg = re.sub(r'<(path|rect|text|line)\b([^>]*?) aria-label="([^"]*)" role="graphics-symbol"',
                 r'<\1 data-tip="\3"\2', svg)
    svg = re.sub(r' (class|role|aria-[a-z]+|pointer-events|xmlns|xmlns:xlink|version)="[^"]*"', "", svg)
    svg = re.sub(r' (opacity="1"|stroke-miterlimit="10")', "", svg)
    for number, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]*)"', svg)), 1):
        new = f"{name}-{number}"
        svg = svg.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    while "<g></g>" in svg:
        svg = svg.replace("<g></g>", "")
    # Positions to a hundredth of a pixel are more than a screen shows.
    svg = re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), svg)
    return svg


def main() -> int:
    try:
        import vl_convert
    except ImportError:
        print("vl-convert-python is missing", file=sys.stderr)
        return 3
    figures, svgs = map(pathlib.Path, sys.argv[1:3])
    for path in sorted(figures.glob("*.vl.json")):
        name = path.name.removesuffix(".vl.json")
        try:
            svg = vl_convert.vegalite_to_svg(path.read_text(encoding="utf-8"), vl_version=VEGA_LITE)
        except ValueError as error:
            print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
            return 1
        (svgs / f"{name}.svg").write_text(embedded(svg, name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
