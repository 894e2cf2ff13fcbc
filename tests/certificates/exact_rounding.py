# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers, intervals, the values of a format, and the rounding rules by their definitions."""
import re
from fractions import Fraction as F


class Wrong(Exception):
    """The certificate states something that is not so, or that this program does not cover."""


def need(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def number(text):
    if not isinstance(text, str) or not re.fullmatch(r"-?\d+(/[1-9]\d*)?", text):
        raise Wrong(f"{text!r} is no fraction")
    return F(text)


class Interval:
    """From lo to hi (None: unbounded); lo_in and hi_in say whether the ends belong to it."""

    def __init__(self, lo, lo_in, hi, hi_in):
        self.lo, self.lo_in, self.hi, self.hi_in = lo, lo_in, hi, hi_in

    @staticmethod
    def read(text):
        parts = re.fullmatch(r"([\[(])(\S+), (\S+)([\])])", text if isinstance(text, str) else "")
        need(parts, f"{text!r} is no interval")
        return Interval(number(parts[2]), parts[1] == "[", number(parts[3]), parts[4] == "]")

    def key(self):
        return (self.lo, self.lo_in, self.hi, self.hi_in)

    def __eq__(self, other):
        return self.key() == other.key()

    def __contains__(self, x):
        if x < self.lo or (x == self.lo and not self.lo_in):
            return False
        return self.hi is None or x < self.hi or (x == self.hi and self.hi_in)

    def closure_contains(self, x):
        return self.lo <= x and (self.hi is None or x <= self.hi)

    def empty(self):
        if self.hi is None or self.lo < self.hi:
            return False
        return self.lo > self.hi or not (self.lo_in and self.hi_in)

    def times(self, k):
        return Interval(self.lo * k, self.lo_in, None if self.hi is None else self.hi * k, self.hi_in)

    def meet(self, other):
        lo = max(self.lo, other.lo)
        his = [h for h in (self.hi, other.hi) if h is not None]
        hi = min(his) if his else None
        lo_in = all(i.lo < lo or i.lo_in for i in (self, other))
        hi_in = all(i.hi is None or i.hi > hi or i.hi_in for i in (self, other)) if his else False
        return Interval(lo, lo_in, hi, hi_in)

    def __str__(self):
        hi = "inf" if self.hi is None else self.hi
        return f"{'[' if self.lo_in else '('}{self.lo}, {hi}{']' if self.hi_in else ')'}"


def floor_log2(x):
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if F(2) ** e <= x else e - 1


def check_format(f, name):
    for field in ("bits", "exponent_bits", "mantissa_bits", "bias", "high_nans"):
        need(type(f[field]) is int and (f[field] >= 0 or field == "bias") and abs(f[field]) < 200,
             f"{name}: {field} is no whole number in range")
    for field in ("signed", "negative_zero", "infinities", "subnormals", "zero", "symmetric"):
        need(type(f[field]) is bool, f"{name}: {field} is neither true nor false")
    need(f["kind"] != "float" or not f["symmetric"], f"{name}: only fixed point can be symmetric")
    if f["kind"] == "float":
        width = (1 if f["signed"] else 0) + f["exponent_bits"] + f["mantissa_bits"]
        need(f["bits"] == width, f"{name}: {f['bits']} bits are not sign + exponent + mantissa")
    else:
        need(f["kind"] == "fixed" and f["signed"] and f["exponent_bits"] == 0 and f["bias"] == 0 and
             f["zero"] and f["subnormals"] and f["negative_zero"] and not f["infinities"] and
             f["high_nans"] == 0, f"{name}: not a two's complement format")
    need(f["zero"] or not (f["subnormals"] or f["signed"]), f"{name}: a format without zero")
    need(1 <= top_ordinal(f, False), f"{name}: no finite values")


def top_ordinal(f, negative):
    """Values are numbered by magnitude from the least code; this is the number of the largest."""
    codes = 2 ** (f["bits"] - (1 if f["signed"] else 0))
    if f["kind"] == "fixed":
        return codes if negative and not f["symmetric"] else codes - 1
    return codes - 1 - f["high_nans"] - (1 if f["infinities"] else 0)


def value_of(f, n):
    """The value numbered n; beyond the ends, where the encoding formula would put it."""
    m = f["mantissa_bits"]
    if f["kind"] == "fixed":
        return F(n, 2 ** m)
    exponent, fraction = n >> m, n & (2 ** m - 1)
    if n == 0 and f["zero"]:
        return F(0)
    if exponent == 0 and f["subnormals"]:
        return fraction * F(2) ** (1 - f["bias"] - m)
    return (2 ** m + fraction) * F(2) ** (exponent - f["bias"] - m)


def code_of(f, negative, n):
    if not negative:
        return n
    if f["kind"] == "fixed":
        return (2 ** f["bits"] - n) % 2 ** f["bits"]
    return 0 if n == 0 and not f["negative_zero"] else 2 ** (f["bits"] - 1) + n


def goes_up(rule, delta, odd, negative, n, random):
    """The definitions: whether the fraction delta of a gap, 0 <= delta < 1, goes to its far end."""
    def floor(x):
        return x.numerator // x.denominator

    def nearest(x, tie_to_odd):
        low = floor(x)
        rest = x - low
        return low + (rest > F(1, 2) or (rest == F(1, 2) and (low % 2 == 1) != tie_to_odd))

    if rule == "rne":
        return delta > F(1, 2) or (delta == F(1, 2) and odd)
    if rule in ("rna", "tie-up"):
        return delta >= F(1, 2)
    if rule == "tie-down":
        return delta > F(1, 2)
    if rule == "rtz":
        return False
    if rule in ("rup", "rdn"):
        return delta > 0 and (rule == "rup") != negative
    if rule == "odd":
        return delta > 0 and not odd
    if rule in ("sr-a", "sr-carry"):
        return floor(delta * 2 ** n) + random >= 2 ** n
    if rule == "sr-b":
        return floor(delta * 2 ** (n + 1)) + 2 * random + 1 >= 2 ** (n + 1)
    if rule in ("sr-c", "sr-odd"):
        return nearest(delta * 2 ** n, rule == "sr-odd") + random >= 2 ** n
    raise Wrong(f"rounding {rule!r} is not covered")


def cut(rule, odd, negative, n, random):
    """(delta, whether it goes up itself): the rounding goes up beyond delta and not before."""
    if rule in ("sr-a", "sr-carry"):
        at = (F(2 ** n - random, 2 ** n), True)
    elif rule == "sr-b":
        at = (F(2 * (2 ** n - random) - 1, 2 ** (n + 1)), True)
    elif rule in ("sr-c", "sr-odd"):
        at = (F(2 * (2 ** n - random) - 1, 2 ** (n + 1)), (random % 2 == 0) == (rule == "sr-c"))
    elif rule in ("rne", "rna", "tie-up", "tie-down"):
        at = (F(1, 2), goes_up(rule, F(1, 2), odd, negative, n, random))
    else:
        at = (F(0), False) if goes_up(rule, F(1, 2), odd, negative, n, random) else (F(1), True)
    for delta in (F(0), at[0], at[0] / 2, (1 + at[0]) / 2):  # against the definition
        if delta < 1:
            expected = delta > at[0] or (delta == at[0] and at[1])
            need(goes_up(rule, delta, odd, negative, n, random) == expected, "cut() is wrong")
    return at


POLICY = {  # the values of its fields; "rounding" is for goes_up() to know
    "tie_p1": ("even-code", "up", "toward-zero"), "low_grid": ("unbounded", "from-zero"),
    "overflow": ("saturate", "infinity", "nan", "error"), "directed_overflow": ("ieee754", "always"),
    "infinity": ("saturate", "infinity", "nan", "error"), "underflow": ("lowest", "nan", "error"),
    "zero": ("lowest", "nan", "error"),
}


class Rounding:
    """A rounding of nonnegative reals to the values of a format, for one sign and one R."""

    def __init__(self, f, policy, negative=False, n=0, random=0):
        self.f, self.policy, self.negative, self.n, self.random = f, policy, negative, n, random
        for field, values in POLICY.items():
            need(policy[field] in values, f"policy: {field} is none of {', '.join(values)}")
        self.rule = policy["rounding"]
        self.top = top_ordinal(f, negative)
        self.from_zero = not f["zero"] and policy["low_grid"] == "from-zero"
        self.tie_p1 = {"even-code": "rne", "up": "tie-up", "toward-zero": "tie-down"}[policy["tie_p1"]]
        toward_zero = self.rule == "rtz" or self.rule == ("rup" if negative else "rdn")
        self.saturates = policy["overflow"] == "saturate" or (
            toward_zero and policy["directed_overflow"] == "ieee754")

    def grid(self, k):
        return F(0) if k == 0 and self.from_zero else value_of(self.f, k)

    def rule_above(self, k):
        if self.rule == "rne" and self.f["kind"] == "float" and self.f["mantissa_bits"] == 0:
            if not (k == 0 and self.from_zero):
                return self.tie_p1
        if k == 0 and self.from_zero and self.rule in ("rne", "rna"):
            return "tie-down"
        return self.rule

    def cut_above(self, k):
        at, up = cut(self.rule_above(k), k % 2 == 1, self.negative, self.n, self.random)
        return self.grid(k) + at * (self.grid(k + 1) - self.grid(k)), up

    def cells(self, first=0, last=None):
        """[(Interval, k)]: who becomes value number k; what is missing becomes no finite value."""
        whole = last is None
        last = self.top if whole else last
        if whole and (self.f["zero"] or self.from_zero or self.policy["underflow"] == "lowest"):
            at, up = F(0), True
        else:
            at, up = self.cut_above(first - 1)
        out = []
        for k in range(first, last + 1):
            end, end_up = self.cut_above(k)
            cell = Interval(at, up, end, not end_up)
            if k == last and whole and self.saturates:
                cell = Interval(at, up, None, False)
            if not cell.empty():
                out.append((cell, k))
            at, up = end, end_up
        return out

    def round(self, x):
        """The number of the value that x becomes, by the definition; -1 below the least."""
        low, high = (-1 if not (self.f["zero"] or self.from_zero) else 0), self.top + 1
        if x >= self.grid(high):
            k = high
        elif x < self.grid(low):
            k = low
        else:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.grid(middle) <= x else (low, middle)
            delta = (x - self.grid(low)) / (self.grid(low + 1) - self.grid(low))
            up = goes_up(self.rule_above(low), delta, low % 2 == 1, self.negative, self.n, self.random)
            k = low + up
        need(k <= self.top or self.saturates, f"{x} overflows to no number")
        need(k >= 0 or self.policy["underflow"] == "lowest", f"{x} underflows to no number")
        return max(0, min(k, self.top))
