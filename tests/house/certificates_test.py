#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""The program's certificates are accepted, and wrong ones are not.

    certificates_test.py CHECKER_FOLDER MXSCOPE accept|mutate
"""
import copy
import itertools
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

FRACTION = re.compile(r"-?\d+(/\d+)?")
INTERVAL = re.compile(r"([\[(])(\S+), (\S+)([\])])")
WORDS = [
    {"rne", "rna", "rtz", "rup", "rdn", "odd", "sr-a", "sr-b"},
    {"stored", "unbounded"}, {"as-is", "element-precision"}, {"zero-codes", "least", "arithmetic"},
    {"float", "fixed"}, {"saturate", "nan"}, {"even-code", "up", "toward-zero"},
    {"ieee754", "always"}, {"lowest", "error"}, {"unbounded", "from-zero"},
]
# Not statements, or such as stay true. Names. Rules that no finite input of these recipes meets:
# E2M1 and UE4M3 have zeros, precision is not 1 unless the scale is E8M0, whose scales are not
# rounded to nearest here. A zero scale makes zeros either way where elements saturate. A repeated
# or dropped entry of bounds_kept leaves the others as true as they were.
TRUE = [
    r"/name ", r"/(element|scale)_policy/(tie_p1|directed_overflow|underflow|low_grid|infinity|zero) ",
    r"/zero_scale = arithmetic ", r"/scale/negative_zero ", r"/bounds_kept/\d (twice|removed) ",
]
# With scales unbounded there are neither ends of the scale format nor clamps; nvfp4's and rceil's
# elements stay below 7 then, so none overflows; and two stages keep below any bound that is more
# than their supremum.
TRUE_STORED = {
    # The tensor scale keeps M at 6 x 448, so that is where scales end anyway; a later stage's is
    # stated as tensor_scale.
    "nvfp4": [r"/scale/(infinities = True|high_nans = \d) ", r"/scale_policy/overflow = nan ",
              r"/stages/1/recipe/tensor_target "],
    # M stops short of the greatest scale, E8M0 has no zero, down is toward zero, and maxima shaped
    # to three bits are below a power of two or not, by more than the change of the divisor.
    "mxfp6_e2m3_even": [r"/scale_policy/(overflow = nan|rounding = rdn) ", r"/zero_scale = least ",
                        r"/divisor = 16383/4096 "],
}
TRUE_UNBOUNDED = [
    r"/scale/(bias|high_nans|infinities|zero|subnormals|kind) ", r"_policy/overflow ",
    r"/(scale_floor|scale_ceiling|flush_below|zero_scale|tensor_target) ", r"/bounds_kept/\d/bound = \d",
]
# Quantizers with other fields of which every statement about two stages, witness included, is true
# as well: only the wide gaps near 6 decide, no codes are stated, and the second stage's scales
# matter only through those just below a residual.
TRUE_OF_STAGES = [
    r"/element/(bias|negative_zero|subnormals) ", r"/element_policy/rounding = rna ",
    r"/stages/1/recipe/(scale_policy/rounding = (odd|rna)|divisor = 24575/4096) ",
]


def leaves(value, path=""):
    """(path, container, key) of everything in the certificate."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield f"{path}/{key}", value, key
        if isinstance(inner, (dict, list)):
            yield from leaves(inner, f"{path}/{key}")


def changes(value):
    """Other values to put in the place of this one."""
    return [new for new in candidates(value) if new != value]


def candidates(value):
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if value is None:
        return ["1"]
    if not isinstance(value, str):
        return []
    if FRACTION.fullmatch(value):
        x = Fraction(value)
        return [str(x + Fraction(1, 4096)), str(x - Fraction(1, 4096)), str(2 * x + 1), str(-x - 1)]
    ends = INTERVAL.fullmatch(value)
    if ends:
        left, low, high, right = ends.groups()
        other = {"(": "[", "[": "(", ")": "]", "]": ")"}
        step = Fraction(1, 8192)
        return [f"{other[left]}{low}, {high}{right}", f"{left}{low}, {high}{other[right]}",
                f"{left}{Fraction(low) + step}, {high}{right}",
                f"{left}{low}, {Fraction(high) - step}{right}", f"{left}{high}, {low}{right}"]
    out = [value + "?"]
    for words in WORDS:
        if value in words:
            out += sorted(words - {value})
    return out


def mutants(certificate):
    """(what was changed, changed certificate), one change each."""
    for path, container, key in list(leaves(certificate)):
        original = container[key]
        for new in changes(original):
            container[key] = new
            yield f"{path} = {new}", certificate
        container[key] = original
        if isinstance(container, list):
            container.insert(key, copy.deepcopy(original))
            yield f"{path} twice", certificate
            del container[key]
            del container[key]
            yield f"{path} removed", certificate
            container.insert(key, original)
        else:
            del container[key]
            yield f"{path} removed", certificate
            container[key] = original


def conspiracies(certificate):
    """Several changes that agree with one another."""
    def changed(what, change):
        c = copy.deepcopy(certificate)
        change(c)
        return what, c

    def move_boundary(rows, i):
        left, right = (INTERVAL.fullmatch(rows[k]["block_max"]).groups() for k in (i, i + 1))
        middle = (Fraction(left[1]) + 3 * Fraction(left[2])) / 4
        rows[i]["block_max"] = f"{left[0]}{left[1]}, {middle}{left[3]}"
        rows[i + 1]["block_max"] = f"{right[0]}{middle}, {right[2]}{right[3]}"

    def flip_boundary(rows, i):
        left, right = rows[i]["block_max"], rows[i + 1]["block_max"]
        rows[i]["block_max"] = left[:-1] + (")" if left[-1] == "]" else "]")
        rows[i + 1]["block_max"] = ("(" if right[0] == "[" else "[") + right[1:]

    def merge(rows, i):
        left, right = rows[i]["block_max"], rows[i + 1]["block_max"]
        rows[i]["block_max"] = left.split(", ")[0] + ", " + right.split(", ")[1]
        del rows[i + 1]

    def error(piece, m):
        constant = piece.get("error")
        return Fraction(constant) if constant else m - Fraction(piece["error_is_block_max_minus"])

    def agree(rows, i):
        """Two pieces of a curve that make the same of their boundary, or of everything."""
        if "worst" in rows[i]:
            return False
        m = Fraction(INTERVAL.fullmatch(rows[i]["block_max"])[3])
        return error(rows[i], m) == error(rows[i + 1], m)

    rows = "cases" if "cases" in certificate else "curve"
    for i in range(min(len(certificate[rows]) - 1, 12)):
        if agree(certificate[rows], i):
            continue
        yield changed(f"boundary {i} moved", lambda c, i=i: move_boundary(c[rows], i))
        yield changed(f"boundary {i} flipped", lambda c, i=i: flip_boundary(c[rows], i))
        yield changed(f"{rows} {i} and {i + 1} merged", lambda c, i=i: merge(c[rows], i))

    def scale_everything(c):
        for place in [c["worst"]] + [case["worst"] for case in c.get("cases", [])]:
            place["ratio"] = str(Fraction(place["ratio"]) * Fraction(1025, 1024))

    def other_block(c):
        c["witness"].update(block=["1"], hex=["0x1p+0"], ratio="0")

    yield changed("every ratio larger", scale_everything)
    yield changed("another block", other_block)


def stays_true(what, certificate):
    known = list(TRUE)
    if certificate["range"] == "unbounded":
        known += TRUE_UNBOUNDED
    else:
        recipe = certificate["recipe"] if "recipe" in certificate else certificate["stages"][0]["recipe"]
        known += TRUE_STORED[recipe["name"]]
    if certificate["claim"] == "stages":
        known += TRUE_OF_STAGES
    return any(re.search(pattern, what + " ") for pattern in known)


def run_mxscope(binary, folder, *options):
    subprocess.run([binary, "verify", "bounds", "--certificates", folder, *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sorted(pathlib.Path(folder).iterdir())


def accept(checker, binary, folder):
    files = run_mxscope(binary, folder)
    assert len(files) > 90, f"only {len(files)} certificates"
    result = subprocess.run([sys.executable, checker, *files], capture_output=True, text=True)
    print(f"{len(files)} certificates, {result.stdout.count(': accepted')} accepted")
    print("\n".join(line for line in result.stdout.splitlines() if "rejected" in line))
    assert result.returncode == 0, result.stderr
    broken = pathlib.Path(folder) / "broken.json"
    for text, code in (("{", 2), ("[]", 1), ("{}", 1), ('{"kind": "mxscope certificate 2"}', 1)):
        broken.write_text(text)
        result = subprocess.run([sys.executable, checker, broken], capture_output=True, text=True)
        assert result.returncode == code and "broken.json: " in result.stdout + result.stderr, text
    return 0


def mutate(check, wrong, binary, folder):
    """(certificate, at most so many of its single changes, drawn by a fixed seed)"""
    chosen = [("bounds.nvfp4.rne.rne.unbounded", 400), ("bounds.mxfp4_rceil.rup.rne.unbounded", 1000),
              ("stages.nvfp4.rne.rne.unbounded", 1000), ("bounds.nvfp4.rne.rne.stored", 100),
              ("bounds.mxfp6_e2m3_even.rtz.rne.stored", 30), ("stages.nvfp4.rne.rne.stored", 60)]
    run_mxscope(binary, folder, "--recipe", "nvfp4", "mxfp4_rceil", "mxfp6_e2m3_even")
    accepted, tried = [], 0
    for name, most in chosen:
        certificate = json.loads((pathlib.Path(folder) / (name + ".json")).read_text())
        check(certificate)
        original = copy.deepcopy(certificate)
        total = sum(1 for _ in mutants(certificate))
        drawn = set(random.Random(1).sample(range(total), min(total, most)))
        single = (m for i, m in enumerate(mutants(certificate)) if i in drawn)
        for what, mutant in itertools.chain(single, conspiracies(original)):
            if stays_true(what, original):
                continue
            tried += 1
            try:
                check(mutant)
                accepted.append(f"{name}: {what}")
            except wrong:
                pass
    print(f"{tried} mutants, {len(accepted)} accepted")
    print("\n".join(accepted))
    return 1 if accepted or tried < 1000 else 0


def main():
    checker_folder, binary, what = sys.argv[1:]
    sys.path.insert(0, checker_folder)
    from check_certificate import check
    from certificates.exact_rounding import Wrong
    with tempfile.TemporaryDirectory() as folder:
        if what == "accept":
            return accept(pathlib.Path(checker_folder) / "check_certificate.py", binary, folder)
        return mutate(check, Wrong, binary, folder)


if __name__ == "__main__":
    sys.exit(main())
