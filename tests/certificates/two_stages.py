# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of a quantizer and another for what it leaves over: the error curve piece by piece."""
import bisect
from fractions import Fraction as F

from certificates.block_quantizer import Recipe, read_block
from certificates.exact_rounding import Interval, Wrong, need, number

# A place on the line is (x, e): x itself for e = 0, just above for 1, just below for -1 (also: a
# supremum x that is not reached). Tuples compare as such places do.

class Largest:
    """Of one recipe: the supremum of |x - F(x)| over x up to a place, scale 1."""

    def __init__(self, recipe):
        self.functions = []
        for cells in recipe.cells:
            before, best = [], (F(0), 0)
            for cell, y, _ in cells:
                before.append(best)
                start = (abs(cell.lo - y), 0 if cell.lo_in else -1)
                end = (F(0), -1) if cell.hi is None else (abs(cell.hi - y), 0 if cell.hi_in else -1)
                best = max(best, start, end)
            starts = [(cell.lo, 0 if cell.lo_in else 1) for cell, _, _ in cells]
            self.functions.append((starts, cells, before))
        self.events = sorted({p for cells in recipe.cells for cell, y, _ in cells
                              for p in (cell.lo, cell.hi, y) if p is not None})

    def at(self, place):
        best = (F(0), 0)
        for starts, cells, before in self.functions:
            i = bisect.bisect_right(starts, place) - 1
            cell, y, _ = cells[i]
            need(cell.hi is None or place <= (cell.hi, 0 if cell.hi_in else -1),
                 f"scaled elements above {cell.hi} become no number")
            start = (abs(cell.lo - y), 0 if cell.lo_in else -1)
            best = max(best, before[i], start)
            if place[0] > y:
                best = max(best, (place[0] - y, place[1]))
        return best


class Stage:
    """sup |r - Q(r)| over blocks with maximum up to a place."""

    def __init__(self, recipe, tensor_scale):
        self.recipe, self.factor, self.largest = recipe, tensor_scale, Largest(recipe)
        self.list = recipe.scales() if recipe.stored else recipe.scales(F(1), F(recipe.period) ** 3)
        self.starts, self.before, best = [], [], (F(0), 0)
        for m, s, _ in self.list:
            self.starts.append((m.lo, 0 if m.lo_in else 1))
            self.before.append(best)
            if m.hi is not None:
                best = max(best, self.under(m, s, (m.hi, 0 if m.hi_in else -1)))
        self.levels = sorted({p for m, s, _ in self.list for p in self.events(m, s)})

    def events(self, m, s):
        ends = [p for p in (m.lo, m.hi) if p is not None]
        return ends + [e * s for e in self.largest.events if m.closure_contains(e * s)]

    def under(self, m, s, place):
        if s == 0:
            return place
        value, e = self.largest.at((place[0] / s, place[1]))
        return value * s, e

    def shift(self, x):
        """For endless scales: the power k of the period with x / k in the middle of the list."""
        if self.recipe.stored:
            return F(1)
        low = self.list[0][0].lo * self.recipe.period
        k = F(1)
        while x / k >= low * self.recipe.period:
            k *= self.recipe.period
        while x / k < low:
            k /= self.recipe.period
        return k

    def up_to(self, place):
        if place[0] == 0:
            return (F(0), 0)
        k = self.shift(place[0] / self.factor) * self.factor
        place = (place[0] / k, place[1])
        i = bisect.bisect_right(self.starts, place) - 1
        m, s, _ = self.list[i]
        need(m.hi is None or place <= (m.hi, 0 if m.hi_in else -1), "a residual beyond all scales")
        value, e = max(self.before[i], self.under(m, s, place))
        return value * k, e

    def levels_between(self, low, high):
        k = self.shift(high / self.factor) * self.factor if high > 0 else self.factor
        out = self.levels[bisect.bisect_right(self.levels, low / k):bisect.bisect_left(self.levels, high / k)]
        if not self.recipe.stored and low < k * self.list[0][0].lo:
            raise Wrong("a piece that spans too many scales")
        return [p * k for p in out]


def check_stages(c):
    stored = c["range"] == "stored"
    need(len(c["stages"]) == 2, "only two stages are covered")
    recipes = [Recipe(s["recipe"], stored) for s in c["stages"]]
    need(number(c["stages"][0]["tensor_scale"]) == 1, "the first stage's tensor scale is the unit")
    first = Stage(recipes[0], F(1))
    need(number(c["stages"][1]["tensor_scale"]) > 0, "the second stage's tensor scale is not positive")
    second = Stage(recipes[1], number(c["stages"][1]["tensor_scale"]))
    if stored:
        whole = Interval(F(0), False, recipes[0].limit(), True)
        maxima = [(m.meet(whole), s) for m, s, _ in first.list]
    else:
        maxima = [(m, s) for m, s, _ in recipes[0].scales(F(1), F(recipes[0].period))]
    maxima = [(m, s) for m, s in maxima if not m.empty()]

    def error_at(m, s, place):
        return second.up_to(first.under(m, s, place))[0]

    worst, pieces, i = None, [], 0
    edge = (maxima[0][0].lo, maxima[0][0].lo_in)
    for piece in c["curve"]:
        at = Interval.read(piece["block_max"])
        where = f"curve at {at}"
        need(not at.empty() and (at.lo, at.lo_in) == edge, f"{where}: does not begin where the last piece ends")
        edge = (at.hi, not at.hi_in)
        while i + 1 < len(maxima) and (at.lo, 0 if at.lo_in else 1) >= first_place(maxima[i + 1][0]):
            i += 1
        m, s = maxima[i]
        need(at.meet(m) == at, f"{where}: reaches beyond one scale")
        grows = "error" not in piece
        constant = number(piece["error_is_block_max_minus" if grows else "error"])

        def agrees(place):
            need(error_at(m, s, place) == (place[0] - constant if grows else constant),
                 f"{where}: at {place[0]} the error is {error_at(m, s, place)}")

        low, high = (at.lo, 0 if at.lo_in else 1), (at.hi, 0 if at.hi_in else -1)
        agrees(low)
        agrees(high)
        if grows and at.lo < at.hi:
            events = set(first.events(m, s))
            for cells in recipes[0].cells if s > 0 else ([(Interval(F(0), True, None, False), F(0), 0)],):
                for cell, y, _ in cells:
                    near = cell.times(s or F(1)).meet(at)
                    if not near.empty() and near.lo < near.hi:
                        y = y * s
                        events.update(p + y for p in second.levels_between(max(F(0), near.lo - y),
                                                                           max(F(0), near.hi - y)))
            for p in sorted([at.lo, at.hi] + [e for e in events if at.lo < e < at.hi]):
                for e in (-1, 0, 1):
                    if low <= (p, e) <= high:
                        agrees((p, e))
        for p in {at.lo, at.hi} - {F(0)}:
            ratio = (p - constant if grows else constant) / p
            worst = ratio if worst is None else max(worst, ratio)
        need(at.lo > 0 or grows and constant == 0, f"{where}: no bound in proportion to small blocks")
        pieces.append((at, grows, constant))
    end = maxima[-1][0]
    need(edge == (end.hi, not end.hi_in), f"the curve ends at {edge[0]}, not {end.hi}")

    ratio = number(c["worst"]["ratio"])
    need(ratio == worst, f"worst: the supremum is {worst}")
    place = number(c["worst"]["block_max"])
    need(any(at.closure_contains(place) and (place - k if grows else k) == ratio * place
             for at, grows, k in pieces), f"worst: is not at {place}")
    for kept in c["bounds_kept"]:
        bound = number(kept["bound"])
        above = last_excess(pieces, bound)
        need((None if kept["above"] is None else number(kept["above"])) == above,
             f"bounds_kept: {bound} is kept above {above}")
    need(c["witness"] is not None, "there is no witness")
    block = read_block(c["witness"])
    rest = block
    for k, recipe in enumerate(recipes):
        unit = second.factor if k else F(1)
        rest = [x - unit * y for x, y in zip(rest, recipe.quantized([x / unit for x in rest], 0))]
    found = max(abs(x) for x in rest) / max(abs(x) for x in block)
    need(number(c["witness"]["ratio"]) == found, f"witness: its ratio is {found}")
    need(number(c["witness"]["short_of_worst_by"]) == ratio - found, "witness: falls short by another amount")
    need(0 <= ratio - found < F(1, 2 ** 30), "witness: is not within 2^-30 of the supremum")


def first_place(m):
    return (m.lo, 0 if m.lo_in else 1)


def last_excess(pieces, bound):
    """The largest M that is approached by M' with error > bound M'."""
    found = None
    for at, grows, k in pieces:
        inside = [at.lo, at.hi] if grows else [at.lo]
        if any((p - k if grows else k) > bound * p or (p == 0 and bound < 1) for p in inside):
            found = at.hi if grows else min(at.hi, k / bound)
    return found
