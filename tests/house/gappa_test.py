#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Gappa proves our bounds where it can state them, and proves nothing better.

    gappa_test.py MXSCOPE

A case of a certificate says that under scale s no element x with |x| <= m, m the block maximum of
its worst place, errs by more than ratio * m, and that some come as near to that as one likes. Gappa
knows roundings to floats without an upper end, so where m / s is at most the greatest element this
is, with v = x / s, a statement about float<precision, exponent of the least subnormal, rounding>.
Exit code 77: there is no Gappa here.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from fractions import Fraction

ROUNDINGS = {"rne": "ne", "rna": "na", "rtz": "zr", "rup": "up", "rdn": "dn", "odd": "od"}
RECIPES = ["mxfp4_rceil", "mxfp6_e3m2_rceil", "mxfp8_e4m3_rceil", "mxfp8_e5m2_ceil", "nvfp4_up"]


def dyadic(x):
    """In Gappa's notation, 93b-4 for 93/16; None where the denominator is no power of two."""
    power = x.denominator.bit_length() - 1
    return f"{x.numerator}b-{power}" if x.denominator == 1 << power else None


def script(element, rounding, most, error):
    most, error = dyadic(most), dyadic(error)
    least = 1 - element["bias"] - element["mantissa_bits"]
    gappa_type = f"float<{element['mantissa_bits'] + 1},{least},{ROUNDINGS[rounding]}>"
    return f"{{ v in [-{most},{most}] -> {gappa_type}(v) - v in [-{error},{error}] }}\n"


def proves(text):
    return subprocess.run(["gappa"], input=text, capture_output=True, text=True).returncode == 0


def main():
    if not shutil.which("gappa"):
        print("gappa is not installed; apt-get install gappa")
        return 77
    proved, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], "verify", "bounds", "--all-roundings", "--only", "bounds",
                        "--certificates", folder, "--recipe", *RECIPES],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for file in sorted(pathlib.Path(folder).glob("bounds.*.unbounded.json")):
            c = json.loads(file.read_text())
            element = c["recipe"]["element"]
            top = Fraction(c["element_steps"]["positive"][0][-1]["value"])
            for case in c["cases"][:2]:
                place, s = case["worst"], Fraction(case["scale"])
                most = Fraction(place["block_max"]) / s
                error = Fraction(place["ratio"]) * most
                beyond = most * Fraction(2 ** 20 + 1, 2 ** 20)  # where m itself is only approached
                if beyond > top or dyadic(most) is None or dyadic(error) is None:
                    continue
                rounding = c["recipe"]["element_policy"]["rounding"]
                if not proves(script(element, rounding, most, error)):
                    wrong.append(f"{file.name}, scale {s}: Gappa does not prove {error} up to {most}")
                if proves(script(element, rounding, beyond, error * Fraction(1023, 1024))):
                    wrong.append(f"{file.name}, scale {s}: Gappa proves less than {error} up to {most}")
                proved += 1
    print(f"{proved} bounds stated to Gappa")
    print("\n".join(wrong))
    return 1 if wrong or proved < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
