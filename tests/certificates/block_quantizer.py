# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""A recipe: which block maxima get which scale, which elements become which value."""
import re
from fractions import Fraction as F

from certificates.exact_rounding import (
    Interval, Rounding, check_format, floor_log2, need, number, top_ordinal, value_of)


class Recipe:
    def __init__(self, r, stored):
        self.stored, self.element, self.scale = stored, r["element"], r["scale"]
        check_format(self.element, "element")
        check_format(self.scale, "scale")
        self.scale_policy = r["scale_policy"]
        self.divisor = number(r["divisor"])
        self.shape = r["amax_shape"]
        self.zero_scale = r["zero_scale"]
        self.target = None if r["tensor_target"] is None else number(r["tensor_target"])
        self.floor, self.ceiling, flush = (None if r[k] is None or not stored else number(r[k]) for k in
                                           ("scale_floor", "scale_ceiling", "flush_below"))
        n = self.random_bits = r["random_bits"]
        stochastic = r["element_policy"]["rounding"].startswith("sr-")
        need(self.divisor > 0, "the divisor is not positive")
        need(self.shape in ("as-is", "element-precision"), f"amax_shape {self.shape!r} is not covered")
        need(self.zero_scale in ("arithmetic", "zero-codes", "least"), "zero_scale is unknown")
        need(flush is None, "flush_below is not covered")
        need(self.element["zero"] and self.element["signed"], "elements need a sign and a zero")
        need(type(n) is int and 0 <= n <= 32 and stochastic == (n > 0), "random_bits and the rounding contradict each other")
        need(not self.scale_policy["rounding"].startswith("sr-"), "a stochastic scale")
        if self.zero_scale == "arithmetic":
            need(r["element_policy"]["infinity"] == "saturate", "x / 0 becomes no number")
        self.functions = [Rounding(self.element, r["element_policy"], negative, n, random)
                          for negative in (False, True) for random in ((0, 2 ** n - 1) if n else (0,))]
        self.scale_rounding = Rounding(self.scale, self.scale_policy)
        # cells of the elements: for each function [(Interval, value, number)]
        self.cells = [[(c, value_of(self.element, k), k) for c, k in fn.cells()] for fn in self.functions]
        parity = self.scale_policy["rounding"] == "odd" or (
            self.scale_policy["rounding"] == "rne" and self.scale_policy["tie_p1"] == "even-code")
        self.period = 4 if self.scale["mantissa_bits"] == 0 and parity else 2
        self.normal_from = F(1)
        if self.element["kind"] == "float":
            self.normal_from = value_of(self.element, 2 ** self.element["mantissa_bits"]
                                        if self.element["subnormals"] else 1)
        self.memory = {}

    def greatest_scale(self):
        top = value_of(self.scale, top_ordinal(self.scale, False))
        return top if self.ceiling is None else min(top, self.ceiling)

    def limit(self):
        """Block maxima that the stored regime speaks of."""
        if self.target is not None:
            return self.target
        top = value_of(self.element, top_ordinal(self.element, False))
        return 2 * self.greatest_scale() * max(self.divisor, top)

    # The maximum is shaped to m + 1 significant bits, halves up; binary32 subnormals share a unit.
    def unit(self, x):
        e = floor_log2(x)
        return F(2) ** ((max(e, -126) if self.stored else e) - self.element["mantissa_bits"])

    def shaped(self, x):
        if self.shape == "as-is":
            return x
        units = x / self.unit(x) + F(1, 2)
        return units.numerator // units.denominator * self.unit(x)

    def first_shaped_to(self, bound, itself):
        """The least M that is shaped to `bound` or more (to more, unless `itself`)."""
        if bound == 0:
            if itself:
                return F(0)
            g = F(2) ** (-126 - self.element["mantissa_bits"])
        else:
            units = bound / self.unit(bound)
            whole = units.numerator // units.denominator
            g = (whole if itself and whole == units else whole + 1) * self.unit(bound)
        below = g - self.unit(g)
        at_power = g == F(2) ** floor_log2(g) and (not self.stored or floor_log2(g) > -126)
        return g - self.unit(g) / (4 if at_power else 2) if below >= 0 else g / 2

    def block_maxima(self, cell):
        """The M whose shape(M) / divisor, clamped, lies in the cell."""
        t = Interval(*cell.key())
        if self.floor is not None:
            if self.floor in t:
                t.lo, t.lo_in = F(0), False
            t = t.meet(Interval(self.floor, True, None, False)) if t.lo > 0 else t
        if self.ceiling is not None:
            if self.ceiling in t:
                t.hi, t.hi_in = None, False
            t = t.meet(Interval(F(0), True, self.ceiling, True)) if t.hi is not None else t
        a = t.times(self.divisor)
        if a.empty() or self.shape == "as-is":
            return a
        hi = None if a.hi is None else self.first_shaped_to(a.hi, not a.hi_in)
        return Interval(self.first_shaped_to(a.lo, a.lo_in), True, hi, False)

    def scales(self, low=None, high=None):
        """[(M interval, scale, code)] in ascending order: all stored ones, or those in [low, high)."""
        f = self.scale
        if self.stored:
            cells = [(c, value_of(f, k), k) for c, k in self.scale_rounding.cells()]
            if self.zero_scale == "least" and cells[0][1] == 0:
                (zero, _, _), (least, value, k) = cells[:2]
                cells[:2] = [(Interval(zero.lo, zero.lo_in, least.hi, least.hi_in), value, k)]
        else:
            fn = self.endless()
            m = f["mantissa_bits"]
            first = (floor_log2(low) + f["bias"]) << m
            last = (floor_log2(high) + f["bias"]) << m
            cells = [(c, fn.grid(k), k) for c, k in fn.cells(first, last)
                     if low <= fn.grid(k) < high]
        out = []
        finite = Interval(F(0), f["zero"] or self.scale_policy["zero"] == "lowest", F(2) ** 128, False)
        shaped = self.stored and self.shape != "as-is"
        for cell, value, k in cells:
            if shaped:
                cell = cell.meet(finite.times(1 / self.divisor))
            m = self.block_maxima(cell).meet(Interval(F(0), False, None, False))
            if not m.empty():
                out.append((m, value, k))
        if shaped and self.scale_policy["infinity"] == "saturate":
            start = self.first_shaped_to(F(2) ** 128, True)
            top = top_ordinal(f, False)
            if out[-1][2] == top:
                start = out.pop()[0].lo
            out.append((Interval(start, True, None, False), value_of(f, top), top))
        return out

    def endless(self):
        """The scale format continued in both directions; numbers and their parity as in its codes."""
        f = dict(self.scale, kind="float", zero=False, subnormals=False)
        return Rounding(f, dict(self.scale_policy, low_grid="unbounded"))

    def scale_of(self, m):
        """By the definition."""
        t = self.shaped(m) / self.divisor
        if self.floor is not None and t < self.floor:
            t = self.floor
        if self.ceiling is not None and t > self.ceiling:
            t = self.ceiling
        if self.stored:
            need(self.shape == "as-is" or self.shaped(m) < F(2) ** 128, "the maximum overflows")
            k = self.scale_rounding.round(t)
            if value_of(self.scale, k) == 0 and self.zero_scale == "least":
                k = 1
            return value_of(self.scale, k)
        shift = floor_log2(t) - floor_log2(t) % 2
        fn = self.endless()
        fn.top = (self.scale["bias"] + 4) << self.scale["mantissa_bits"]
        k = fn.round(t / F(2) ** shift)
        return value_of(fn.f, k) * F(2) ** shift

    def quantized(self, block, which=None):
        """The results, by the definition; `which` of two random numbers, for stochastic rounding."""
        largest = max(abs(x) for x in block)
        s = self.scale_of(largest) if largest > 0 else F(0)
        if s == 0:
            return [F(0)] * len(block)
        out = []
        for x in block:
            signs = [fn for fn in self.functions if fn.negative == (x < 0)]
            fn = signs[which if len(signs) > 1 else 0]
            y = value_of(self.element, fn.round(abs(x) / s)) * s
            out.append(-y if x < 0 else y)
        return out


def read_block(witness):
    block = [number(x) for x in witness["block"]]
    need(block and any(block), "witness: an empty block, or one of zeros")
    need(len(witness["hex"]) == len(block), "witness: as many hex texts as numbers")
    for x, text in zip(block, witness["hex"]):
        parts = re.fullmatch(r"(-?)0x([0-9a-f]+)(?:\.([0-9a-f]*))?p([+-]?\d+)", text)
        if parts:
            digits = parts[3] or ""
            hexed = F(int(parts[2] + digits, 16)) / 16 ** len(digits) * F(2) ** int(parts[4])
            hexed = -hexed if parts[1] else hexed
        else:
            hexed = number(text)
        need(hexed == x, f"witness: {text} is not {x}")
    return block
