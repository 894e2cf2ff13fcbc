#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Fails when a floor includes what is not below it, or when a file name says nothing.

  include_floors_test.py ROOT         scan the source tree at ROOT
  include_floors_test.py --self-test  prove that each kind of violation is caught
"""
import pathlib
import re
import sys
import tempfile

# What each floor may include besides itself.
BELOW = {
    "spec": set(),
    "sim": {"spec"},
    "analysis": {"spec", "sim"},
    "kernels": {"spec", "sim"},
    "reports": {"spec", "sim", "analysis", "kernels"},
    "capi": {"spec", "sim", "kernels"},
}
# These stand outside the house: they may include every floor, and no floor may include them.
OUTSIDE = ["tests", "bench", "fuzz", "python", "cmake"]
GENERATED = {"mxscope_build.h"}
BANNED = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "base",
          "impl"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def include_violations(root):
    for floor, below in BELOW.items():
        for path in sorted((root / floor).rglob("*")):
            if path.suffix not in {".h", ".cpp"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match or match[2] in GENERATED:
                    continue
                bracket, name = match.groups()
                folder = name.split("/")[0]
                if folder == floor or folder in below:
                    continue
                if bracket == "<" and folder not in BELOW:
                    continue  # a library's header
                where = f"{path.relative_to(root)}:{number}"
                if folder in BELOW or folder in OUTSIDE:
                    allowed = ", ".join(sorted(below)) or "no other floor"
                    yield f"{where}: {floor} includes {name}; it may include {allowed}"
                else:
                    yield f'{where}: write "{name}" as "{floor}/{name}", from the repository root'


def name_violations(root):
    for folder in [*BELOW, *OUTSIDE]:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root)
            if "__pycache__" in name.parts or name.parts[:2] == ("reports", "out"):
                continue
            for word in BANNED.intersection(re.split(r"[^a-z0-9]+", path.name.lower())):
                yield f"{name}: '{word}' says nothing about what is inside; name the thing"


def violations(root):
    return [*include_violations(root), *name_violations(root)]


def self_test():
    """Each tree holds one file; the expected word must appear in exactly one violation."""
    trees = [
        ("downward", "reports/a.cpp", '#include "analysis/b.h"', None),
        ("own floor", "spec/a.cpp", '#include "spec/b.h"', None),
        ("library", "spec/a.cpp", "#include <fmt/base.h>", None),
        ("generated", "reports/a.cpp", '#include "mxscope_build.h"', None),
        ("from outside", "tests/spec/a_test.cpp", '#include "reports/b.h"', None),
        ("honest name", "spec/database.h", "", None),
        ("upward", "spec/a.h", '#include "analysis/b.h"', "no other floor"),
        ("upward, spaced", "sim/a.h", '  #  include "reports/b.h"', "may include spec"),
        ("upward, angled", "spec/a.h", "#include <sim/b.h>", "no other floor"),
        ("sideways", "kernels/a.cpp", '#include "analysis/b.h"', "may include sim, spec"),
        ("sideways back", "analysis/a.cpp", '#include "kernels/b.h"', "may include sim, spec"),
        ("the C library, downward", "capi/a.cpp", '#include "kernels/b.h"', None),
        ("the C library, sideways", "capi/a.cpp", '#include "reports/b.h"', "kernels, sim, spec"),
        ("into the C library", "reports/a.cpp", '#include "capi/mxscope.h"', "may include"),
        ("relative", "spec/a.cpp", '#include "b.h"', "repository root"),
        ("out of the house", "spec/a.cpp", '#include "tests/b.h"', "no other floor"),
        ("banned name", "analysis/sweep_util.h", "", "'util'"),
        ("banned folder", "tests/common/a_test.cpp", "", "'common'"),
    ]
    failures = 0
    for kind, name, text, expected in trees:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True)
            path.write_text(text + "\n")
            found = violations(pathlib.Path(folder))
        ok = not found if expected is None else len(found) == 1 and expected in found[0]
        failures += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {kind}: {found}")
    return failures


def main(arguments):
    if arguments == ["--self-test"]:
        return 1 if self_test() else 0
    if len(arguments) != 1 or not pathlib.Path(arguments[0], "CMakeLists.txt").exists():
        print(__doc__, file=sys.stderr)
        return 2
    found = violations(pathlib.Path(arguments[0]))
    print("\n".join(found) or "every include points down, every name says something")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
