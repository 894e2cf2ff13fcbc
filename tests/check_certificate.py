#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Checks a certificate of `mxscope verify bounds --certificates DIR`, from the formats' definitions.

    check_certificate.py FILE...        exit 0 accepted, 1 rejected (one sentence), 2 unreadable

What is checked. A recipe quantizes a block of reals x_1..x_n with M = max |x_i| like this: the
scale s is shape(M) / divisor rounded to the scale format, each x_i becomes s F(x_i / s), F rounding
to the element format. Everything below is recomputed here, in rational numbers, from the fields of
the formats and the names of the rules; nothing is taken from the program that wrote the file.

"worst case": (1) the stated cases are exactly the scales of all M in (0, limit], each with exactly
the M that get it, without gaps; or, with "range": "unbounded" (the scale format continued in both
directions, no clamps), those of one period of scales: multiplying a block by 2 multiplies s and
every result by 2, so one binade stands for all; where ties go to even or odd *exponents* the period
is 4. (2) For every case, the supremum of |x - Q(x)| / M is the stated fraction, reached or only
approached as stated, and so for |x - Q(x)| / |x| over elements in the element format's normal
range. (3) The stated places and the witness block do what is said of them.

"stages": the second stage quantizes what the first left over, with its own scale. (1) On each
stated piece the function D(M) = sup of |r - Q2(r)| over |r| <= M2 <= sup |x - Q1(x)|, |x| <= M, is
as stated; every M of the range lies in a piece. D bounds the error of every block with maximum M
(its residuals r have such a maximum M2). (2) The stated supremum is that of D(M) / M. (3) The
witness block has the stated error, found by quantizing it twice; how far it falls short of the
supremum is stated too, and less than 2^-30. (4) The statements "above M the error is at most
`bound` times the block maximum" hold, and no smaller M would do.

Why finitely many points are enough. Between two neighbouring values u < v of a format a rounding
rule looks at delta = (x - u) / (v - u) alone and is monotone in it (for stochastic rounding: for
each random number R; and in R, so R = 0 and R = 2^n - 1 bound all others). So each gap has one
cut, given by cut(), and the reals fall into *cells* with one result y each. Within one cell and the
interval [L, H] of M of one scale, the best M for an element x is max(x, L), and |x - y| / max(x, L)
is monotone in x on either side of y and of L and vanishes at y: its supremum is at an end of the
cell or at x = L or H, or it is constant, and then any inner point reaches it. For stages, D is, on
each interval of M of one scale, nondecreasing; and between two neighbouring events (ends of cells
and intervals, and zeros of x - y, of either stage, as seen from M) it is the larger of a constant
and M - v for one v: so limits from inside at the ends of a piece decide whether D is constant
there, and limits at both sides of all events inside whether it is M - v.

Assumed: inputs are real numbers and all quotients exact, as the recipes certified say of
themselves; overflowing elements saturate. With a tensor scale, M is relative to it, so `limit` is
the magnitude that the tensor's largest is mapped to.
"""
import json
import sys

from certificates.exact_rounding import Wrong, need
from certificates.two_stages import check_stages
from certificates.worst_case import check_worst_case

KIND = "mxscope certificate 1"


def check(certificate):
    """Raises Wrong."""
    try:
        need(certificate["kind"] == KIND, f"its kind is not {KIND!r}")
        need(certificate["range"] in ("stored", "unbounded"), "its range is neither stored nor unbounded")
        checks = {"worst case": check_worst_case, "stages": check_stages}
        need(certificate["claim"] in checks, f"its claim is none of {', '.join(checks)}")
        checks[certificate["claim"]](certificate)
    except (KeyError, TypeError, AttributeError, IndexError, ZeroDivisionError, OverflowError, ValueError) as e:
        raise Wrong(f"a field is missing or of another type ({type(e).__name__}: {e})") from e


def main(files):
    if not files:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    status = 0
    for name in files:
        try:
            with open(name, encoding="utf-8") as file:
                certificate = json.load(file)
        except (OSError, ValueError) as error:
            print(f"{name}: unreadable: {error}", file=sys.stderr)
            return 2
        try:
            check(certificate)
            print(f"{name}: accepted")
        except Wrong as wrong:
            print(f"{name}: rejected: {wrong}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
