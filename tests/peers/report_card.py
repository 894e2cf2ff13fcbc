#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Runs packages from PyPI against the exact models, and says of each operation what it computes.

  python3 -m venv peers && peers/bin/pip install -r tests/peers/report_card.txt
  PYTHONPATH=python peers/bin/python tests/peers/report_card.py MXSCOPE_BINARY [PEER ...]

writes tests/vectors/report_card.json and tests/peers/report_card.md. Each operation gets one verdict:

  named    every code is that of a conversion or policy that mxscope has a name for
  fields   every code is that of a named policy with some fields changed
  defect   no policy gives the codes: the value is rounded twice, or something else goes wrong

A package may call what "fields" says its intent. Inputs: all bfloat16 values, all binary16 values,
and every value of the target and middle of two with its neighbours, in the source's precision.
"""
import argparse
import collections
import json
import pathlib
import platform
import subprocess
import sys
import warnings

import numpy as np

import mxscope
import peer_casts

SPECIALS = [0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF,
            0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0xFF800001, 0x7FC00000, 0xFFC00000,
            0x7FFFFFFF, 0xFFFFFFFF, 0x7FA00000, 0x7FFF0000]
WIDER = {"fp64": ("fp32", "fp16", "bf16"), "fp32": ("fp16", "bf16"), "fp16": (), "bf16": ()}
# Of each policy field, the values that need no second input; those that refuse are not among them.
FIELDS = {
    "rounding": ["rne", "rna", "rtz", "rup", "rdn", "odd"],
    "tie_p1": ["even-code", "up", "toward-zero"],
    "overflow": ["saturate", "infinity", "nan"],
    "directed_overflow": ["ieee754", "always"],
    "infinity": ["saturate", "infinity", "nan"],
    "nan": ["top", "quiet", "payload", "maximum", "zero", "rebias"],
    "nan_sign": ["positive", "negative", "keep", "flip"],
    "made_nan_sign": ["positive", "negative", "keep", "flip"],
    "negative": ["keep", "magnitude", "lowest", "lowest-finite", "nan", "round-then-nan"],
    "zero": ["lowest", "nan"],
    "underflow": ["lowest", "nan"],
    "low_grid": ["unbounded", "from-zero"],
}
OWN_NAMES = {"ml_dtypes": "ml_", "torch": "pt_", "torchao": "ao_", "gfloat": "gfloat_"}
BUNDLES = ["ocp", "ocp-nosat", "ieee", "nv", "nv-nosat", "ml_dtypes", "pytorch", "cutlass",
           "universal", "torchao"]


def source_words(values, source):
    """Their patterns, of those that the source holds."""
    if source == "fp64":
        return values.view(np.uint64)
    narrow = values.astype(np.float32)
    held = narrow[narrow == values]
    if source == "fp32":
        return held.view(np.uint32)
    return mxscope.cast(held, source, "ieee")


def inputs(format_, source, slow):
    """Words of the source around every decision of a conversion to the format, and at large."""
    codes = np.arange(1 << mxscope.Format(format_).bits, dtype=np.uint64)
    decoded = np.abs(mxscope.decode(codes, format_))
    values = np.unique(decoded[np.isfinite(decoded)])
    gap = values[-1] - values[-2]
    points = np.concatenate([values, (values[:-1] + values[1:]) / 2,
                             [values[-1] + gap / 2, values[-1] + gap, values[0] / 2]])
    near = source_words(points, source).astype(np.int64)
    magnitude = {"fp64": 0x7FF0000000000000, "fp32": 0x7F800000, "fp16": 0x7C00, "bf16": 0x7F80}
    near = np.concatenate([near + step for step in (-2, -1, 0, 1, 2)])
    near = near[(near >= 0) & (near <= magnitude[source])].astype(np.uint64)
    width = {"fp64": 64, "fp32": 32}.get(source, 16)
    words = [near, near | np.uint64(1 << (width - 1))]
    halves = np.arange(0x10000, dtype=np.uint64)
    if width == 16:
        words.append(halves)
    else:
        bf16 = (halves << np.uint64(16)).astype(np.uint32)
        singles = np.concatenate([np.array(SPECIALS, np.uint32), bf16])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fp16 = halves.astype(np.uint16).view(np.float16).astype(np.float32)
            singles = np.concatenate([singles, fp16.view(np.uint32)])
            if slow:
                singles = np.concatenate([singles[:len(SPECIALS)], singles[len(SPECIALS)::29]])
            if width == 64:
                singles = singles.view(np.float32).astype(np.float64).view(np.uint64)
        words.append(singles.astype(np.uint64))
    return np.unique(np.concatenate(words)).astype(f"u{width // 8}")


def as_floats(words, source):
    with np.errstate(invalid="ignore"):
        if source == "bf16":
            return (words.astype(np.uint32) << 16).view(np.float32)
        return words.view(peer_casts.FLOATS[source])


class Judge:
    """What one operation's codes are, among all policies."""

    def __init__(self, cast, conversions):
        self.cast = cast
        self.format = mxscope.Format(cast.format)
        words = inputs(cast.format, cast.source, cast.slow)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            codes = cast.codes(words, as_floats(words, cast.source))
        self.refused = int((codes < 0).sum())
        self.words, self.codes = words[codes >= 0], codes[codes >= 0]
        self.through = {}
        self.any_nan = False
        decoded = mxscope.decode(np.arange(1 << self.format.bits), self.format)
        self.is_nan = np.isnan(decoded)
        self.named = [(c["name"], dict(c["fields"])) for c in conversions
                      if mxscope.Format(c["format"]).name == self.format.name]
        if cast.peer == "gfloat":
            self.named = [(name, field_names(mxscope.Policy.conversion(name)[1]))
                          for name in [gfloat_name(cast)]]

    def inputs_through(self, wider):
        """The inputs, rounded to a wider format first; "" for none."""
        if not wider:
            return self.words, self.cast.source
        if wider not in self.through:
            self.through[wider] = mxscope.cast(self.words, wider, "ieee", source=self.cast.source)
        return self.through[wider], wider

    def wrong(self, fields, wider=""):
        """Where the policy's codes are not the peer's; None where there is no such policy."""
        words, source = self.inputs_through(wider)
        try:
            policy = mxscope.Policy(self.format, "ocp", **fields)
            ours = mxscope.cast(words, self.format, policy, source=source)
        except mxscope.Error:
            return None
        wrong = ours.astype(np.int64) != self.codes
        if self.any_nan:
            wrong &= ~(self.is_nan[ours] & self.is_nan[self.codes])
        return wrong

    def count(self, fields, wider=""):
        wrong = self.wrong(fields, wider)
        return len(self.codes) + 1 if wrong is None else int(wrong.sum())

    def descend(self, fields, wider=""):
        """Changes one field at a time, or two, as long as fewer codes are wrong."""
        best, fewest = dict(fields), self.count(fields, wider)
        while fewest:
            tries = [{**best, field: value} for field, values in FIELDS.items() for value in values
                     if best.get(field) != value]
            counts = [self.count(t, wider) for t in tries]
            if min(counts) >= fewest:
                break
            fewest = min(counts)
            best = tries[counts.index(fewest)]
        return best, fewest

    def starts(self):
        """Every named policy, those with the fewest wrong codes first, the peer's own before
        others."""
        rows = [(self.count(fields), name, fields)
                for name, fields in [*self.named, *bundles(self.format)]]
        own = OWN_NAMES.get(self.cast.peer, "-")
        strange = "fp32" if self.cast.source == "fp64" else "fp64"
        return sorted(rows, key=lambda row: (row[0], not row[1].startswith(own),
                                             strange in row[1]))

    def verdict(self):
        starts = self.starts()
        exact = [name for count, name, _ in starts if count == 0]
        if exact:
            return {"verdict": "named", "names": list(dict.fromkeys(exact))}
        found = []
        for wider, self.any_nan in (("", False), ("", True),
                                    *((wider, False) for wider in WIDER[self.cast.source])):
            for _, name, start in self.starts()[:3]:
                fields, count = self.descend(start, wider)
                changed = {f: [start[f], fields[f]] for f in fields if fields[f] != start[f]}
                found.append((count, bool(wider), len(changed), wider, name, changed, fields,
                              self.any_nan))
                if count == 0:
                    break
            if found[-1][0] == 0:
                break
        count, _, _, wider, name, changed, fields, self.any_nan = min(found, key=lambda f: f[:3])
        out = {"verdict": "fields" if count == 0 and not wider else "defect", "near": name,
               "changed": {f: {"from": a, "to": b} for f, (a, b) in changed.items()}}
        if self.any_nan:
            nans = sorted({int(code) for code in self.codes[self.is_nan[self.codes]]})
            out["nan_codes"] = [f"0x{code:02x}" for code in nans]
        if wider:
            out["rounded_first_to"] = wider
        if out["verdict"] == "defect":
            wrong = self.wrong(fields)  # by one rounding
            out["unexplained"] = count
            out.update(self.witness(wrong, fields))
        return out

    def witness(self, wrong, fields):
        """The wrong input nearest to 1, the peer's code and the right one."""
        values = as_floats(self.words, self.cast.source).astype(np.float64)
        places = np.flatnonzero(wrong)
        with np.errstate(all="ignore"):
            distance = np.abs(np.log2(np.abs(values[places])))
        place = places[np.argmin(np.where(np.isfinite(distance), distance, 1e9))]
        words, _ = self.inputs_through("")
        policy = mxscope.Policy(self.format, "ocp", **fields)
        right = int(mxscope.cast(words[place:place + 1], self.format, policy,
                                 source=self.cast.source)[0])
        digits = words.dtype.itemsize * 2
        value = float(values[place])
        kinds = collections.Counter(kind(v, self.format) for v in values[places].tolist())
        return {"mismatches": len(places), "kinds": dict(kinds),
                "witness": {"input": f"0x{int(words[place]):0{digits}x}", "value": value.hex(),
                            "peer": f"0x{int(self.codes[place]):02x}", "right": f"0x{right:02x}",
                            "repeat": peer_casts.line(self.cast.peer,
                                                      self.cast.repeat.format(value=value.hex()))}}


def field_names(policy):
    return {field: values[getattr(policy._fields, field)] for field, values in ALL_VALUES.items()}


def gfloat_name(cast):
    """mxscope's name for gfloat's arguments, spelled in the operation."""
    mode, saturate = cast.operation.split()[1].rstrip(","), "sat=True" in cast.operation
    return f"gfloat_ocp_{cast.format}.{mode}_{'sat' if saturate else 'nosat'}"


def kind(value, format_):
    values = mxscope.decode(np.arange(1 << format_.bits), format_)
    largest = np.nanmax(np.where(np.isfinite(values), values, np.nan))
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "infinite"
    if value == 0:
        return "zero"
    if abs(value) > largest:
        return "beyond the largest"
    least = np.min(np.abs(values[np.isfinite(values) & (values != 0)]))
    return "below the least" if abs(value) < least else "ordinary"


def bundles(format_):
    """The policy bundles that the format can follow, as fields."""
    for name in BUNDLES:
        try:
            named = field_names(mxscope.Policy(format_, name))
        except mxscope.Error:
            continue
        if all(named[f] in FIELDS[f] for f in FIELDS):
            yield name, named


# Every value of every field, in the order of its number: mxscope_policy_set() is asked for each.
ALL_VALUES = {
    "rounding": ["rne", "rna", "rtz", "rup", "rdn", "odd", "log2"],
    "tie_p1": FIELDS["tie_p1"], "overflow": ["saturate", "infinity", "nan", "error"],
    "directed_overflow": FIELDS["directed_overflow"],
    "infinity": ["saturate", "infinity", "nan", "error"],
    "nan": ["top", "quiet", "payload", "maximum", "zero", "error", "rebias"],
    "nan_sign": FIELDS["nan_sign"], "made_nan_sign": FIELDS["made_nan_sign"],
    "negative": ["keep", "magnitude", "lowest", "lowest-finite", "nan", "error", "round-then-nan",
                 "round-then-error"],
    "zero": ["lowest", "nan", "error"], "underflow": ["lowest", "nan", "error"],
    "low_grid": FIELDS["low_grid"],
}


def check_field_names():
    policy = mxscope.Policy("e4m3")
    for field, values in ALL_VALUES.items():
        for number, value in enumerate(values):
            changed = mxscope.Policy("e4m3", **{field: value})
            assert getattr(changed._fields, field) == number, (field, value)
    assert policy == mxscope.Policy("e4m3")


def blocks(length):
    """Rows of finite float32 values: normal at many scales, short significands (ties), powers of two
    and their neighbours, subnormals, bfloat16, zeros and outliers."""
    generator = np.random.default_rng(20260117)
    rows = []
    for i in range(4000):
        exponent = int(generator.integers(-120, 120))
        x = generator.normal(size=length)
        if i % 7 == 1:
            x = generator.integers(-48, 49, length).astype(np.float64)
        if i % 7 == 2:
            x = np.ldexp(1.0, generator.integers(-6, 1, length)) * (
                1 + generator.integers(-1, 2, length) * 2.0**-23)
        if i % 7 == 3:
            exponent = int(generator.integers(-149, -120))
        if i % 7 == 4:
            x[generator.random(length) < 0.8] = 0
        if i % 7 == 5:
            x[generator.integers(length)] *= 100
        row = np.ldexp(x, exponent).astype(np.float32)
        if i % 7 == 6:
            row = (row.view(np.uint32) & 0xFFFF0000).view(np.float32)
        rows.append(row)
    rows += [np.zeros(length, np.float32), np.full(length, -0.0, np.float32)]
    return np.stack(rows)


def judge_quantizer(quantizer):
    length = 16 if "nvfp4" in quantizer.recipe else 32
    values = blocks(length)
    values = values[np.isfinite(values).all(axis=1)]
    elements, scales = quantizer.codes(values.copy())
    ours = mxscope.quantize(values, quantizer.recipe)
    wrong = (elements != ours.elements).any(axis=1) | (scales[:, 0] != ours.scales[:, 0])
    out = {"verdict": "named", "names": [quantizer.recipe]}
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        place = int(np.argmax(elements[row] != ours.elements[row]))
        under = sorted({int(code) for code in scales[wrong, 0]})
        out = {"verdict": "defect", "near": quantizer.recipe, "changed": {},
               "scales_of_wrong_blocks": [f"0x{code:02x}" for code in under],
               "mismatches": int(wrong.sum()), "unexplained": int(wrong.sum()),
               "kinds": {"scales": int((scales[:, 0] != ours.scales[:, 0]).sum()),
                         "elements": int((elements != ours.elements).sum())},
               "witness": {"input": " ".join(f"{w:08x}" for w in values[row].view(np.uint32)),
                           "value": float(values[row, place]).hex(),
                           "peer": f"scale 0x{scales[row, 0]:02x}, 0x{elements[row, place]:02x}",
                           "right": f"scale 0x{ours.scales[row, 0]:02x}, "
                                    f"0x{ours.elements[row, place]:02x}",
                           "repeat": peer_casts.line(quantizer.peer, quantizer.repeat.format(
                               values=", ".join(repr(float(v)) for v in values[row])))}}
        if under == [0]:
            for exponent, text in (
                    (-126, "elements are divided by 2^-126, the least normal binary32 number, and "
                           "the scale that is stored says 2^-127: they decode to half"),
                    (0, "elements are not divided at all, and the scale that is stored says "
                        "2^-127: they decode to zero")):
                if divided_by(exponent, quantizer, values[wrong], elements[wrong]):
                    out["diagnosis"] = text
    return out, len(values)


def divided_by(exponent, quantizer, values, elements):
    """Whether the elements are those of the scale 2^exponent."""
    element = "e2m1" if "fp4" in quantizer.recipe else quantizer.recipe.split("_")[2]
    scaled = np.ldexp(values.astype(np.float64), -exponent)
    return bool((mxscope.cast(scaled, element, "ocp") == elements).all())


def verdict_text(row):
    if row["verdict"] == "named":
        return "as " + ", ".join(f"`{name}`" for name in row["names"][:3])
    changes = ", ".join(f"{field} {c['from']} -> {c['to']}" for field, c in row["changed"].items())
    text = f"as `{row['near']}`" + (f" but for {changes}" if changes else "")
    if "nan_codes" in row:
        text += f", NaNs as {' '.join(row['nan_codes'])}"
    if row["verdict"] == "fields":
        return text
    witness = row["witness"]
    if len(witness["input"]) > 20:
        return (f"**not** {text}: {row['mismatches']} blocks differ, `{witness['peer']}` for "
                f"`{witness['right']}`" + (f"; {row['diagnosis']}" if "diagnosis" in row else ""))
    why = f"rounded to {row['rounded_first_to']} first, then {text}" if row.get(
        "rounded_first_to") and not row["unexplained"] else f"**not** {text}"
    return (f"{why}: {row['mismatches']} codes differ, `{witness['input']}` gives "
            f"`{witness['peer']}` for `{witness['right']}`")


def write_markdown(path, card):
    lines = ["# What packages compute", "",
             "Written by `tests/peers/report_card.py` with mxscope " + card["mxscope"] + "; " +
             ", ".join(f"{name} {version}" for name, version in card["versions"].items()) +
             f"; Python {card['python']}.", "",
             "Verdicts: **named**, every code is that of a conversion or policy with a name; "
             "**fields**, of such a policy with fields changed; **defect**, of no policy. How many "
             "inputs were tried stands beside each; they are around every decision, and all "
             "bfloat16 and binary16 values.", ""]
    for peer in dict.fromkeys(row["peer"] for row in card["rows"]):
        rows = [row for row in card["rows"] if row["peer"] == peer]
        lines += [f"## {peer} {card['versions'][peer]}", "",
                  "| operation | from | to | inputs | verdict | |", "|---|---|---|---|---|---|"]
        for row in rows:
            refused = f", {row['refused']} raised" if row["refused"] else ""
            lines.append(f"| {row['operation']} | {row['source']} | {row['format']} | "
                         f"{row['cases']}{refused} | {row['verdict']} | {verdict_text(row)} |")
        lines.append("")
        for row in rows:
            if row["verdict"] == "defect":
                lines += [f"{row['operation']}, from {row['source']}:", "", "```python",
                          row["witness"]["repeat"], "```", ""]
    path.write_text("\n".join(lines).rstrip("\n") + "\n")


def plain_conversions(listed):
    """Those of the program's list with nothing but values of FIELDS."""
    return [c for c in listed if all(c["fields"][f] in values for f, values in FIELDS.items())]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mxscope", help="the program, for its list of conversions")
    parser.add_argument("peers", nargs="*", help="only these")
    arguments = parser.parse_args()
    check_field_names()
    listed = subprocess.run([arguments.mxscope, "conform", "list", "--json"], check=True,
                            capture_output=True).stdout
    conversions = plain_conversions(json.loads(listed)["conversions"])
    versions = peer_casts.versions()
    rows = []
    for peer in versions:
        if peer == "numpy" or (arguments.peers and peer not in arguments.peers):
            continue
        for cast in peer_casts.CASTS[peer]():
            judge = Judge(cast, conversions)
            rows.append({"peer": peer, "operation": cast.operation, "source": cast.source,
                         "format": cast.format, "cases": len(judge.words),
                         "refused": judge.refused, **judge.verdict()})
            print(peer, cast.operation, cast.source, rows[-1]["verdict"], file=sys.stderr)
        for quantizer in peer_casts.QUANTIZERS.get(peer, list)():
            verdict, cases = judge_quantizer(quantizer)
            rows.append({"peer": peer, "operation": quantizer.operation, "source": "fp32",
                         "format": quantizer.recipe, "cases": cases, "refused": 0, **verdict})
            print(peer, quantizer.operation, rows[-1]["verdict"], file=sys.stderr)
    card = {"schema": 1, "made_by": "tests/peers/report_card.py", "mxscope": mxscope.__version__,
            "python": platform.python_version(), "versions": versions, "rows": rows}
    if arguments.peers:
        print(json.dumps(card, indent=1))
        return
    text = json.dumps(card, indent=1) + "\n"
    (root / "tests/vectors/report_card.json").write_text(text)
    write_markdown(root / "tests/peers/report_card.md", card)


if __name__ == "__main__":
    main()
