#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of matrix-instruction results in tests/vectors/mma.

  make_mma_vectors.py FOLDER

A second reading of the published rules (MMA-Sim, arXiv 2511.10909; Khattak and Mikaitis, arXiv
2512.07004), in fractions instead of scaled integers and sharing nothing with the program: a value is
a Fraction, a cut is a floor of its magnitude, a rounding a search for the binade. Standard library
only; the same files at every run.
"""
import hashlib
import json
import pathlib
import random
import struct
import sys
from fractions import Fraction

ZERO_EXPONENT = -126


class Format:
    def __init__(self, exponent_bits, mantissa_bits, bias, top="finite", signed=True, zero=True):
        self.e, self.m, self.bias, self.top = exponent_bits, mantissa_bits, bias, top
        self.signed, self.zero = signed, zero
        self.bits = exponent_bits + mantissa_bits + signed
        self.bytes = 4 if self.bits == 19 else (self.bits + 7) // 8

    def parts(self, code):
        """(kind, value, exponent of the encoding); the value of an infinity is its sign."""
        sign = -1 if self.signed and code >> (self.e + self.m) & 1 else 1
        field = code >> self.m & ((1 << self.e) - 1)
        mantissa = code & ((1 << self.m) - 1)
        if self.top == "fnuz" and code == 1 << (self.e + self.m):
            return "nan", 0, 0
        if self.top == "ieee" and field == (1 << self.e) - 1:
            return ("nan" if mantissa else "inf"), sign, 0
        if self.top == "one-nan" and field == (1 << self.e) - 1 and mantissa == (1 << self.m) - 1:
            return "nan", 0, 0
        if not self.zero:
            return "finite", Fraction(2) ** (field - self.bias), field - self.bias
        if field == 0:
            exponent = 1 - self.bias
            value = sign * Fraction(mantissa) * Fraction(2) ** (exponent - self.m)
            return "finite", value, exponent if mantissa else ZERO_EXPONENT
        exponent = field - self.bias
        return "finite", sign * (1 + Fraction(mantissa, 1 << self.m)) * Fraction(2) ** exponent, exponent


FORMATS = {
    "e2m1": Format(2, 1, 1), "e2m3": Format(2, 3, 1), "e3m2": Format(3, 2, 3),
    "e4m3": Format(4, 3, 7, "one-nan"), "e5m2": Format(5, 2, 15, "ieee"),
    "e4m3fnuz": Format(4, 3, 8, "fnuz"), "e5m2fnuz": Format(5, 2, 16, "fnuz"),
    "fp16": Format(5, 10, 15, "ieee"), "bf16": Format(8, 7, 127, "ieee"),
    "tf32": Format(8, 10, 127, "ieee"), "fp32": Format(8, 23, 127, "ieee"),
    "fp64": Format(11, 52, 1023, "ieee"),
    "ue4m3": Format(4, 3, 7, "one-nan", signed=False),
    "e8m0": Format(8, 0, 127, "one-nan", signed=False, zero=False),
}


def binade(value):
    """e with 2^e <= |value| < 2^(e+1)."""
    value = abs(value)
    e = value.numerator.bit_length() - value.denominator.bit_length()
    return e if Fraction(2) ** e <= value else e - 1


def cut(value, unit):
    return (abs(value) // unit) * unit * (1 if value >= 0 else -1)


def encode(value, name, bits=None, nearest=False):
    """Rounds toward zero, or to nearest even, keeping `bits` of the mantissa."""
    form = FORMATS[name]
    bits = form.m if bits is None else bits
    if value == 0:
        return 0
    least = 1 - form.bias
    unit = Fraction(2) ** (max(binade(value), least) - bits)
    count = abs(value) / unit
    rounded = (round(count) if nearest else count // 1) * unit  # round() is to even
    if rounded == 0:
        return 0
    sign = (1 << (form.e + form.m)) if value < 0 else 0
    exponent = max(binade(rounded), least)
    if exponent > form.bias:
        return sign | ((1 << form.e) - 1) << form.m
    steps = int(rounded / Fraction(2) ** (exponent - form.m))
    return sign | (steps + ((exponent - least) << form.m))


NANS = {"fp32": 0x7FFFFFFF, "fp16": 0x7FFF}
QUIET = {"fp32": 0x7FC00000, "fp64": 0x7FF8 << 48}


def special(a, b, c, scales, d, nans):
    """The NaN or infinity that the operands force, or None."""
    form = FORMATS[d]
    if any(s[0] == "nan" for s in scales) or any(x[0] == "nan" for x in a + b + [c]):
        return nans[d]
    signs = set()
    for x, y in zip(a, b):
        if "inf" in (x[0], y[0]):
            if x[1] == 0 or y[1] == 0:
                return nans[d]
            signs.add((x[1] < 0) != (y[1] < 0))
    if c[0] == "inf":
        signs.add(c[1] < 0)
    if len(signs) == 2:
        return nans[d]
    if signs:
        return (1 << (form.e + form.m) if signs.pop() else 0) | ((1 << form.e) - 1) << form.m
    return None


def window(a, b, c_code, unit, scale=(Fraction(1), 0), scales=()):
    c = FORMATS[unit["d"]].parts(c_code)
    forced = special(a, b, c, scales, unit["d"], NANS)
    if forced is not None:
        return forced
    terms = [(x[1] * y[1] * scale[0], x[2] + y[2] + scale[1]) for x, y in zip(a, b)] + [c[1:]]
    live = [e for value, e in terms if value != 0]
    if not live:
        return 0
    quantum = Fraction(2) ** (max(live) - unit["F"])
    total = sum(cut(value, quantum) for value, _ in terms)
    half = unit["d"] == "fp16"
    return encode(total, unit["d"], 10 if half else unit.get("out", 23), half)


def scaled_window(a, b, c, unit, sa, sb):
    return window(a, b, c, unit, (sa[0][1] * sb[0][1], sa[0][2] + sb[0][2]), sa + sb)


def scaled_groups(a, b, c_code, unit, sa, sb):
    c = FORMATS["fp32"].parts(c_code)
    forced = special(a, b, c, sa + sb, "fp32", NANS)
    if forced is not None:
        return forced
    terms = []
    for g in range(4):
        s = 16 * g // unit["block"]
        dot = sum(x[1] * y[1] for x, y in zip(a[16 * g:16 * g + 16], b[16 * g:16 * g + 16]))
        terms.append((dot * sa[s][1] * sb[s][1], sa[s][2] + sb[s][2]))
    top = max([e for _, e in terms] + ([c[2]] if c[1] else []))
    quantum = Fraction(2) ** (top - 35)
    return encode(sum(cut(v, quantum) for v, _ in terms) + cut(c[1], quantum), "fp32")


def nearest_sum(x, y, d, nans=NANS):
    form = FORMATS[d]
    one = form.parts((1 << form.e) // 2 - 1 << form.m)
    forced = special([form.parts(x)], [one], form.parts(y), (), d, nans)
    return encode(form.parts(x)[1] + form.parts(y)[1], d, nearest=True) if forced is None else forced


def split(a, b, c, unit):
    total = 0
    for part in ((0, 1), (2, 3)):
        ks = [k for k in range(len(a)) if k % 4 in part]
        total = window([a[k] for k in ks], [b[k] for k in ks], total, unit)
    return nearest_sum(total, c, unit["d"])


def fma_chain(a, b, c_code, unit):
    d = unit["d"]
    for x, y in zip(a, b):
        c = FORMATS[d].parts(c_code)
        forced = special([x], [y], c, (), d, QUIET)
        c_code = encode(x[1] * y[1] + c[1], d, nearest=True) if forced is None else forced
    return c_code


def late_addend(a, b, c_code, unit):
    c = FORMATS["fp32"].parts(c_code)
    forced = special(a, b, c, (), "fp32", QUIET)
    if forced is not None:
        return forced
    signs = {x[1] * y[1] < 0 for x, y in zip(a, b) if abs(x[1] * y[1]) >= Fraction(2) ** 128}
    if signs:
        return QUIET["fp32"] if len(signs) == 2 else 0xFF800000 if signs.pop() else 0x7F800000
    floor = lambda value, e: value // Fraction(2) ** e * Fraction(2) ** e
    parts = []
    stride = 2 if unit.get("halves") else 1
    for first in range(stride):
        terms = [(x[1] * y[1], x[2] + y[2]) for x, y in zip(a[first::stride], b[first::stride])]
        top = max(e for _, e in terms)
        parts.append((sum(cut(v, Fraction(2) ** (top - 24)) for v, _ in terms), top))
    top = max(e for _, e in parts)
    total = parts[0][0] if stride == 1 else sum(floor(v, top - 24) for v, _ in parts)
    last = max(top, c[2])
    total = floor(total, last - 31)
    if stride == 1 or c[2] >= last - 25:
        total += floor(c[1], last - 24)
    return encode(total, "fp32", nearest=True)


def pair_tree(a, b, c, unit):
    def flush(code, name="fp32"):
        tiny = code & 0x7FFFFFFF < 1 << 23
        return 0 if unit.get("flush") and tiny else code

    def flushed(x, name):
        small = x[0] == "finite" and abs(x[1]) < Fraction(2) ** (1 - FORMATS[name].bias)
        return ("finite", Fraction(0), ZERO_EXPONENT) if unit.get("flush") and small else x

    zero = ("finite", Fraction(0), ZERO_EXPONENT)
    sums = []
    for x, y in zip(a, b):
        x, y = flushed(x, unit["a"]), flushed(y, unit["b"])
        forced = special([x], [y], zero, (), "fp32", QUIET)
        sums.append(flush(encode(x[1] * y[1], "fp32", nearest=True)) if forced is None else forced)
    while len(sums) > 1:
        sums = [flush(nearest_sum(x, y, "fp32", QUIET)) for x, y in zip(sums[::2], sums[1::2])]
    return flush(nearest_sum(sums[0], flush(c), "fp32", QUIET))


def integer(a, b, c, unit):
    signed = lambda x, bits: x - (1 << bits) if x >> (bits - 1) else x
    total = signed(c, 32) + sum(signed(x, 8) * signed(y, 8) for x, y in zip(a, b))
    return total & 0xFFFFFFFF


def row(name, a, k, step, F, rule=window, d="fp32", **more):
    return {"name": name, "a": a, "b": more.pop("b", a), "k": k, "step": step, "F": F, "rule": rule,
            "d": d, **more}


def all_rows():
    rows = [row("sm70.mma.f16", "fp16", 4, 4, 23), row("sm75.mma.f16", "fp16", 8, 8, 24)]
    for arch in ("sm80", "sm89"):
        rows += [row(arch + ".mma.f16", "fp16", 16, 8, 24), row(arch + ".mma.bf16", "bf16", 16, 8, 24),
                 row(arch + ".mma.tf32", "tf32", 8, 4, 24)]
    for path in ("sm90.mma", "sm90.wgmma", "sm100.mma", "sm100.tcgen05", "sm120.mma"):
        rows += [row(path + ".f16", "fp16", 16, 16, 25), row(path + ".bf16", "bf16", 16, 16, 25),
                 row(path + ".tf32", "tf32", 8, 8, 25)]
    rows += [row("sm89.mma.fp8", "e4m3", 32, 16, 13, b="e5m2", out=13),
             row("sm90.wgmma.fp8", "e5m2", 32, 32, 13, b="e4m3", out=13),
             row("sm90.mma.fp8", "e4m3", 32, 32, 25, split), row("sm100.mma.fp8", "e5m2", 32, 32, 25, split),
             row("sm120.mma.fp8", "e4m3", 32, 32, 25)]
    for path in ("sm100.tcgen05", "sm120.mma"):
        for a, b in (("e4m3", "e4m3"), ("e5m2", "e2m3"), ("e3m2", "e2m1")):
            rows.append(row(path + ".f8f6f4", a, 32, 32, 25, b=b))
            rows.append(row(path + ".mxf8f6f4", a, 32, 32, 25, scaled_window, b=b, scale="e8m0", block=32))
        rows += [row(path + ".mxf4", "e2m1", 64, 64, 35, scaled_groups, scale="e8m0", block=32),
                 row(path + ".mxf4nvf4", "e2m1", 64, 64, 35, scaled_groups, scale="ue4m3", block=16)]
    halves = [r for r in rows if r["rule"] in (window, split)
              and r["a"] in ("fp16", "e4m3", "e5m2", "e3m2")]
    rows += [{**r, "name": r["name"] + ".f16acc", "d": "fp16"} for r in halves]
    rows += [row("sm120.mma.s8", "s8", 32, 32, 0, integer, "s32"),
             row("sm90.mma.f64", "fp64", 16, 16, 0, fma_chain, "fp64"),
             row("cdna3.mfma.f32", "fp32", 4, 4, 0, fma_chain),
             row("cdna3.mfma.f16", "fp16", 16, 8, 24, late_addend),
             row("cdna3.mfma.bf16", "bf16", 16, 8, 24, late_addend),
             row("cdna3.mfma.xf32", "tf32", 8, 4, 24, late_addend),
             row("cdna3.mfma.fp8", "e4m3fnuz", 32, 16, 24, late_addend, halves=True),
             row("cdna1.mfma.f16", "fp16", 16, 4, 0, pair_tree),
             row("cdna1.mfma.bf16", "bf16", 8, 2, 0, pair_tree),
             row("cdna2.mfma.f16", "fp16", 16, 4, 0, pair_tree, flush=True),
             row("cdna2.mfma.bf16_1k", "bf16", 16, 4, 0, pair_tree, flush=True)]
    return rows


def output(unit, a, b, c, sa, sb):
    if unit["rule"] is integer:
        return integer(a, b, c, unit)
    a = [FORMATS[unit["a"]].parts(x) for x in a]
    b = [FORMATS[unit["b"]].parts(x) for x in b]
    if "scale" in unit:
        form = FORMATS[unit["scale"]]
        mask = (1 << form.bits) - 1
        return unit["rule"](a, b, c, unit, [form.parts(x & mask) for x in sa],
                            [form.parts(x & mask) for x in sb])
    for k in range(0, unit["k"], unit["step"]):
        c = unit["rule"](a[k:k + unit["step"]], b[k:k + unit["step"]], c, unit)
    return c


CATEGORIES = ("mild", "spread", "cancel", "small", "zeros", "words", "large_c", "scales")


def make_tile(unit, category, chance, rows, columns):
    def code(name, spread):
        if name in ("s8", "s32"):
            return chance.getrandbits(8 if name == "s8" else 32)
        form = FORMATS[name]
        middle = min(form.bias, (1 << form.e) - 2)
        field = min(max(0, middle + chance.randint(-spread, spread)), (1 << form.e) - 2)
        return chance.getrandbits(1) << (form.e + form.m) | field << form.m | chance.getrandbits(form.m)

    k = unit["k"]
    spread = {"mild": 2, "spread": 14, "cancel": 6, "small": 3, "zeros": 20, "large_c": 3, "scales": 2,
              "words": 0}[category]

    def matrix(name, height, width):
        if category == "words":
            bits = 8 if name == "s8" else FORMATS[name].bits
            return [[chance.getrandbits(bits) for _ in range(width)] for _ in range(height)]
        lines = [[code(name, spread) for _ in range(width)] for _ in range(height)]
        for line in lines:
            for i in range(width):
                if category == "zeros" and chance.random() < 0.6:
                    line[i] = 0
                if category == "small" and name not in ("s8",) and chance.random() < 0.5:
                    line[i] &= ~(((1 << FORMATS[name].e) - 1) << FORMATS[name].m)
        return lines

    a, b = matrix(unit["a"], rows, k), matrix(unit["b"], columns, k)
    if category == "cancel" and unit["a"] != "s8":
        top = FORMATS[unit["a"]].bits - 1
        for line in a:
            for i in range(0, k - 1, 2):
                line[i + 1] = line[i] ^ 1 << top
        for line in b:
            for i in range(0, k - 1, 2):
                if chance.random() < 0.7:
                    line[i + 1] = line[i]
    c = [[code(unit["d"], 30 if category == "large_c" else spread) for _ in range(columns)] for _ in range(rows)]
    if category == "words":
        bits = 32 if unit["d"] == "s32" else FORMATS[unit["d"]].bits
        c = [[chance.getrandbits(bits) for _ in range(columns)] for _ in range(rows)]
    if category == "zeros":
        c = [[chance.choice((0, 1 << 31 if unit["d"] == "fp32" else 0, x)) for x in line] for line in c]
    tile = {"A": a, "B": b, "C": c}
    if "scale" in unit:
        form, count = FORMATS[unit["scale"]], k // unit["block"]
        middle = form.bias << form.m
        for name, height in (("SA", rows), ("SB", columns)):
            tile[name] = [[chance.getrandbits(8) if category in ("scales", "words")
                           else middle + chance.randint(-9, 9) for _ in range(count)] for _ in range(height)]
    tile["D"] = [[output(unit, a[i], b[j], c[i][j], tile.get("SA", [[]] * rows)[i],
                         tile.get("SB", [[]] * columns)[j]) for j in range(columns)] for i in range(rows)]
    return tile


def width_of(name):
    return {"s8": 1, "s32": 4}.get(name) or FORMATS[name].bytes


def write(unit, folder):
    rows, columns, k = 2, 3, unit["k"]
    chance = random.Random(unit["name"] + unit["a"] + unit["b"])
    widths = {"A": width_of(unit["a"]), "B": width_of(unit["b"]), "SA": 1, "SB": 1,
              "C": width_of(unit["d"]), "D": width_of(unit["d"])}
    data, fields, categories = b"", None, []
    for category in CATEGORIES:
        if category == "scales" and "scale" not in unit:
            continue
        if category == "words" and unit["rule"] in (late_addend, pair_tree):
            continue  # the payloads of its NaNs are not known
        categories.append(category)
        tile = make_tile(unit, category, chance, rows, columns)
        shift = {"A": 13 * (unit["a"] == "tf32"), "B": 13 * (unit["b"] == "tf32")}
        offset, fields = 0, []
        for name in ("A", "B", "SA", "SB", "C", "D"):
            if name not in tile:
                continue
            lines = tile[name] if name not in ("B", "SB") else [list(x) for x in zip(*tile[name])]
            words = [w << shift.get(name, 0) for line in lines for w in line]
            data += struct.pack("<%d%s" % (len(words), {1: "B", 2: "H", 4: "I", 8: "Q"}[widths[name]]), *words)
            fields.append({"name": name, "bytes_per_word": widths[name],
                           "shape": [len(lines), len(lines[0])], "offset": offset})
            offset += len(words) * widths[name]
    stem = "_".join([unit["name"], unit["a"], unit["b"]])
    header = {"instruction": unit["name"],
              "types": {"A": unit["a"], "B": unit["b"], "C": unit["d"], "D": unit["d"],
                        "scale": unit.get("scale"), "scale_block": unit.get("block")},
              "m": rows, "n": columns, "k": k, "tiles": len(categories), "tile_bytes": offset,
              "endianness": "little", "fields": fields, "category_per_tile": categories,
              "oracle": "tests/peers/make_mma_vectors.py", "sha256": hashlib.sha256(data).hexdigest()}
    (folder / (stem + ".bin")).write_bytes(data)
    (folder / (stem + ".json")).write_text(json.dumps(header, indent=1) + "\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for unit in all_rows():
        write(unit, folder)


if __name__ == "__main__":
    main()
