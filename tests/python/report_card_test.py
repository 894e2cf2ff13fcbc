#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Holds tests/vectors/report_card.json to the models, without the packages that it is about, and
judges ml_dtypes again, which ./run setup installs.

usage: report_card_test.py SOURCE_ROOT LIBRARY MXSCOPE_BINARY     exit code 77: no NumPy
"""
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import unittest

try:
    import numpy as np
except ImportError:
    print("NumPy is missing: ./run setup installs it into .venv")
    sys.exit(77)

ROOT, LIBRARY, BINARY = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from staged_package import stage  # noqa: E402

stage(ROOT, LIBRARY)
sys.path.insert(0, str(ROOT / "tests" / "peers"))
import mxscope  # noqa: E402
import peer_casts  # noqa: E402
import report_card  # noqa: E402

CARD = json.loads((ROOT / "tests/vectors/report_card.json").read_text())
LISTED = json.loads(subprocess.run([BINARY, "conform", "list", "--json"], check=True,
                                   capture_output=True).stdout)["conversions"]
FIELDS = {c["name"]: c["fields"] for c in LISTED}


def policy_of(row):
    """The policy that a row's verdict names: a name's, with its fields changed."""
    near = row["near"]
    format_ = mxscope.Format(row["format"])
    changes = {field: change["to"] for field, change in row["changed"].items()}
    fields = dict(FIELDS[near]) if near in FIELDS else report_card.field_names(
        mxscope.Policy(format_, near))
    return mxscope.Policy(format_, "ocp", **{**fields, **changes})


class Card(unittest.TestCase):
    def test_names_exist(self):
        for row in CARD["rows"]:
            for name in row.get("names", []):
                known = name in FIELDS or name in report_card.BUNDLES
                if not known and name.startswith("gfloat_"):
                    mxscope.Policy.conversion(name)
                elif not known:
                    self.assertIn("torchao_", name)

    def test_witnesses_hold(self):
        seen = 0
        for row in CARD["rows"]:
            if "witness" not in row or row["format"].startswith("torchao_"):
                continue
            seen += 1
            witness, policy = row["witness"], policy_of(row)
            self.assertNotEqual(witness["peer"], witness["right"])
            word = np.array([int(witness["input"], 16)], np.uint64)
            code = mxscope.cast(word, row["format"], policy, source=row["source"])
            self.assertEqual(int(code[0]), int(witness["right"], 16), row["operation"])
            if not row["unexplained"]:
                first = row["rounded_first_to"]
                through = mxscope.cast(word, first, "ieee", source=row["source"])
                twice = mxscope.cast(through, row["format"], policy, source=first)
                self.assertEqual(int(twice[0]), int(witness["peer"], 16), row["operation"])
        self.assertGreater(seen, 10)

    def test_blocks_hold(self):
        for row in CARD["rows"]:
            if "witness" not in row or not row["format"].startswith("torchao_"):
                continue
            words = np.array([int(w, 16) for w in row["witness"]["input"].split()], np.uint32)
            values = words.view(np.float32)
            ours = mxscope.quantize(values, row["format"])
            place = int(np.flatnonzero(values == float.fromhex(row["witness"]["value"]))[0])
            right = f"scale 0x{ours.scales[0, 0]:02x}, 0x{ours.elements[0, place]:02x}"
            self.assertEqual(right, row["witness"]["right"], row["operation"])

    def test_markdown_is_the_cards(self):
        path = pathlib.Path(report_card.__file__).with_suffix(".md")
        before = path.read_text()
        written = pathlib.Path(__import__("tempfile").mkdtemp(), "card.md")
        report_card.write_markdown(written, CARD)
        self.assertEqual(written.read_text(), before)
        written.unlink()
        written.parent.rmdir()

    def test_ml_dtypes_again(self):
        try:
            import ml_dtypes
        except ImportError:
            self.skipTest("ml_dtypes is missing")
        if CARD["versions"]["ml_dtypes"] != ml_dtypes.__version__:
            self.skipTest(f"the card is of ml_dtypes {CARD['versions']['ml_dtypes']}")
        for row in CARD["rows"]:
            if row["peer"] == "ml_dtypes" and "witness" in row:
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(row["witness"]["repeat"], {})
                self.assertEqual(int(out.getvalue()), int(row["witness"]["peer"], 16))
        conversions = report_card.plain_conversions(LISTED)
        rows = [row for row in CARD["rows"] if row["peer"] == "ml_dtypes"]
        casts = list(peer_casts.ml_dtypes_casts())
        self.assertEqual(len(rows), len(casts))
        for row, cast in zip(rows, casts):
            if cast.source != "fp64" and cast.format not in ("e4m3", "e8m0"):
                continue
            with np.errstate(all="ignore"):
                judge = report_card.Judge(cast, conversions)
                self.assertEqual(judge.verdict()["verdict"], row["verdict"], cast.operation)
            self.assertEqual(len(judge.words), row["cases"])


unittest.main(argv=sys.argv[:1], verbosity=1)
