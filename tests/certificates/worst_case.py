# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of one quantizer: every case, the supremum, the witness."""
from fractions import Fraction as F

from certificates.block_quantizer import Recipe, read_block
from certificates.exact_rounding import Interval, Wrong, code_of, need, number


def better(best, ratio, attained):
    return max(best, (ratio, attained)) if best else (ratio, attained)


def worst_under(recipe, maxima):
    """sup |x - F(x)| / M for scale 1 and M in the interval: (ratio, attained)."""
    best = None
    for function in recipe.cells:
        covered = function[-1][0]
        need(covered.hi is None or maxima.hi < covered.hi or (
            maxima.hi == covered.hi and (covered.hi_in or not maxima.hi_in)),
            f"scaled elements above {covered.hi} become no number")
        for cell, y, _ in function:
            x_range = cell.meet(Interval(F(0), True, maxima.hi, maxima.hi_in))
            if x_range.empty():
                continue
            points = [x_range.lo, x_range.hi] + ([maxima.lo] if maxima.lo in x_range else [])
            inner = cell.meet(maxima)
            if not inner.empty():
                points.append((inner.lo + inner.hi) / 2)
            for x in points:
                m = max(x, maxima.lo)
                if m == 0:
                    need(y == 0 or 0 in cell and cell.hi == 0,
                         "the error of small blocks has no bound in proportion to them")
                    continue
                best = better(best, abs(x - y) / m, x in x_range and m in maxima)
    return best


def relative_under(recipe, maxima):
    """sup |1 - F(v) / v| over v >= normal_from, v <= M: (ratio, attained) or None."""
    normal = Interval(recipe.normal_from, True, maxima.hi, maxima.hi_in)
    best = None
    for function in recipe.cells:
        for cell, y, _ in function:
            part = cell.meet(normal)
            if part.empty():
                continue
            for v in (part.lo, (part.lo + part.hi) / 2, part.hi):
                best = better(best, abs(1 - y / v), v in part)
    return best


def remembered(recipe, what, maxima):
    key = (what, maxima.key())
    if key not in recipe.memory:
        recipe.memory[key] = what(recipe, maxima)
    return recipe.memory[key]


def is_place(recipe, maxima, s, place, where):
    """The stated element and its result do make the stated ratio, at (or next to) the place."""
    m, x, y, ratio = (number(place[k]) for k in ("block_max", "element", "becomes", "ratio"))
    attained = place["attained"]
    need(m > 0 and maxima.closure_contains(m) and abs(x) <= m, f"{where}: the place is outside the case")
    need(abs(x - y) / m == ratio, f"{where}: element and result do not make the ratio")
    if s == 0:
        need(y == 0 and (m in maxima or not attained), f"{where}: the scale is zero, the result is not")
        return
    for negative in ((False, True) if x == 0 else (x < 0,)):
        size = -y if negative else y
        for fn, cells in zip(recipe.functions, recipe.cells):
            for cell, value, _ in cells if fn.negative == negative else ():
                if value * s == size and cell.closure_contains(abs(x) / s):
                    if not attained or (abs(x) / s in cell and m in maxima):
                        return
    raise Wrong(f"{where}: elements at {x} do not become {y}" + (" there" if attained else ""))


def is_relative_place(recipe, maxima, s, place, where):
    v, ratio = number(place["scaled_element"]), number(place["ratio"])
    inside = Interval(recipe.normal_from, True, maxima.hi / s, maxima.hi_in)
    need(inside.closure_contains(abs(v)), f"{where}: the relative error's place is outside the case")
    for fn, cells in zip(recipe.functions, recipe.cells):
        for cell, value, _ in cells if fn.negative == (v < 0) else ():
            if cell.closure_contains(abs(v)) and abs(1 - value / abs(v)) == ratio:
                if not place["attained"] or (abs(v) in cell and abs(v) in inside):
                    return
    raise Wrong(f"{where}: the relative error is not made at {v}")


def check_element_steps(recipe, stated, reach):
    for name, negative in (("positive", False), ("negative", True)):
        own = [(fn, cells) for fn, cells in zip(recipe.functions, recipe.cells) if fn.negative == negative]
        need(len(stated[name]) == len(own), f"element_steps {name}: {len(own)} functions are needed")
        for function, (fn, cells) in zip(stated[name], own):
            parts = [(c.meet(Interval(F(0), True, reach, True)), y, k) for c, y, k in cells]
            parts = [p for p in parts if not p[0].empty()]
            need(len(parts) == len(function), f"element_steps {name}: {len(parts)} steps up to {reach}")
            for (at, y, k), step in zip(parts, function):
                where = f"element_steps {name} at {step['at']}"
                need(Interval.read(step["at"]) == at, f"{where}: should be {at}")
                need(number(step["value"]) == y, f"{where}: becomes {y}")
                need(step["code"] == code_of(recipe.element, negative, k), f"{where}: another code")


def check_worst_case(c):
    stored = c["range"] == "stored"
    recipe = Recipe(c["recipe"], stored)
    limit = number(c["limit"])
    if stored:
        need(limit == recipe.limit(), f"limit should be {recipe.limit()}")
        own = [(m.meet(Interval(F(0), False, limit, True)), s, k) for m, s, k in recipe.scales()]
        own = [o for o in own if not o[0].empty()]
    else:
        need(limit == 8 * recipe.divisor, f"limit should be {8 * recipe.divisor}")
        own = recipe.scales(F(1), F(recipe.period))
    need(own, "there are no scales")
    for (before, _, _), (after, _, _) in zip(own, own[1:]):
        need(before.hi == after.lo and before.hi_in != after.lo_in, f"a gap at {before.hi}")
    first, last = own[0][0], own[-1][0]
    if stored:
        need(first.lo == 0, f"block maxima below {first.lo} have no scale")
    else:
        need(last.hi == recipe.period * first.lo and last.hi_in != first.lo_in, "not one period of scales")
    need(len(c["cases"]) == len(own), f"{len(c['cases'])} cases where there are {len(own)} scales")

    worst = relative = None
    reach = max(m.hi / s for m, s, _ in own if s > 0)
    check_element_steps(recipe, c["element_steps"], reach)
    for case, (maxima, s, code) in zip(c["cases"], own):
        where = f"case {case['scale']}"
        need(number(case["scale"]) == s, f"{where}: the scale should be {s}")
        need(not stored or case["code"] == code, f"{where}: the code should be {code}")
        need(Interval.read(case["block_max"]) == maxima, f"{where}: block_max should be {maxima}")
        unit = None if s == 0 else maxima.times(1 / s)
        found = (F(1), True) if s == 0 else remembered(recipe, worst_under, unit)
        need((number(case["worst"]["ratio"]), case["worst"]["attained"]) == found,
             f"{where}: the worst ratio is {found[0]}, " + ("attained" if found[1] else "not attained"))
        is_place(recipe, maxima, s, case["worst"], where)
        worst = better(worst, *found)
        found = None if s == 0 else remembered(recipe, relative_under, unit)
        need((case["relative"] is None) == (found is None), f"{where}: relative should be {found}")
        if found:
            need((number(case["relative"]["ratio"]), case["relative"]["attained"]) == found,
                 f"{where}: the relative error is {found[0]}, " + ("attained" if found[1] else "not attained"))
            is_relative_place(recipe, maxima, s, case["relative"], where)
            relative = better(relative, *found)

    need((number(c["worst"]["ratio"]), c["worst"]["attained"]) == worst,
         f"worst: the supremum is {worst[0]}, " + ("attained" if worst[1] else "not attained"))
    need(any(places_agree(case["worst"], c["worst"]) for case in c["cases"]), "worst: no case says so")
    need((c["relative"] is None) == (relative is None), f"relative should be {relative}")
    if relative:
        need((number(c["relative"]["ratio"]), c["relative"]["attained"]) == relative,
             f"relative: the supremum is {relative[0]}, " + ("attained" if relative[1] else "not attained"))
        need(any(places_agree(case["relative"], c["relative"]) for case in c["cases"]),
             "relative: no case says so")

    block = read_block(c["witness"])
    results = [recipe.quantized(block, which) for which in (0, 1)]
    ratio = max(abs(x - y) for r in results for x, y in zip(block, r)) / max(abs(x) for x in block)
    need(number(c["witness"]["ratio"]) == ratio, f"witness: its ratio is {ratio}")
    if worst[1]:
        need(ratio == worst[0], "witness: does not attain the supremum")
    else:
        need(ratio < worst[0] < ratio + F(1, 2 ** 30), "witness: is not within 2^-30 of the supremum")


def places_agree(a, b):
    return a is not None and a == b
