#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/vectors by running ml_dtypes and gfloat: the codes that real software gives.

  make_vectors.py FOLDER   with numpy, ml_dtypes and gfloat installed from PyPI

Inputs are binary32: every value of a format and every middle of two, one unit in the last place to
either side, specials, and random words. A cell is a code in hex, or !! where the peer raised.
"""
import argparse
import importlib.metadata
import pathlib
import random
import warnings

import gfloat
import ml_dtypes
import numpy as np
from gfloat import formats as gf

SPECIALS = [0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000, 0x7F7FFFFF,
            0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7F800001, 0xFF800001, 0x7FC00000, 0xFFC00000,
            0x7FFFFFFF, 0xFFFFFFFF]
SR_BITS = 3
GFLOAT = importlib.metadata.version("gfloat")


def word(value):
    """The binary32 pattern of a value that binary32 holds."""
    return int(np.float32(value).view(np.uint32))


def boundary_words(values, thin_negatives):
    """Around every value and middle of two, and a gap beyond the last, with both signs."""
    positive = sorted({abs(v) for v in values if np.isfinite(v)})
    points = list(positive)
    points += [(a + b) / 2 for a, b in zip(positive, positive[1:])]
    gap = positive[-1] - positive[-2]
    points += [positive[-1] + gap / 2, positive[-1] + gap, positive[0] / 2]
    words = set(SPECIALS)
    for i, point in enumerate(sorted(points)):
        centre = word(point)
        if np.float32(point) != point:
            continue  # beyond binary32
        for w in (centre - 1, centre, centre + 1):
            if 0 <= w <= 0x7F800000:
                words.add(w)
                if not thin_negatives or i % 8 == 0:
                    words.add(w | 0x80000000)
    generator = random.Random(20260117)
    words.update(generator.getrandbits(32) for _ in range(32))
    return sorted(words)


def write(path, peer, columns, rows):
    with open(path, "w", encoding="ascii", newline="\n") as out:
        out.write(f"# {peer}, run by tests/peers/make_vectors.py\n")
        out.write("\t".join(["fp32", *columns]) + "\n")
        for w, codes in rows:
            out.write("\t".join([f"{w:08x}", *codes]) + "\n")


# ml_dtypes ---------------------------------------------------------------------------------------

ML_TYPES = ["float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "float8_e4m3fn", "float8_e5m2",
            "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz", "float8_e4m3",
            "float8_e3m4", "float8_e8m0fnu"]


def write_ml_dtypes(folder):
    for name in ML_TYPES:
        dtype = getattr(ml_dtypes, name)
        codes = np.arange(256, dtype=np.uint8)
        if "4_" in name or "6_" in name:
            codes = codes[: 1 << int(name[5])]
        values = codes.view(dtype).astype(np.float64)
        words = boundary_words(values, thin_negatives=True)
        got = np.array(words, dtype=np.uint32).view(np.float32).astype(dtype).view(np.uint8)
        write(folder / f"fp32_ml_{name}.tsv",
              f"ml_dtypes {ml_dtypes.__version__} on numpy {np.__version__}: astype from float32",
              [f"ml_{name}"], [(w, [f"{c:02x}"]) for w, c in zip(words, got.tolist())])


# gfloat ------------------------------------------------------------------------------------------

def gfloat_formats():
    signed, unsigned = gf.Signedness.Signed, gf.Signedness.Unsigned
    finite, extended = gf.Domain.Finite, gf.Domain.Extended
    return {
        "ocp_e2m1": gf.format_info_ocp_e2m1,
        "ocp_e2m3": gf.format_info_ocp_e2m3,
        "ocp_e3m2": gf.format_info_ocp_e3m2,
        "ocp_e4m3": gf.format_info_ocp_e4m3,
        "ocp_e8m0": gf.format_info_ocp_e8m0,
        "p3109_k4p2sf": gf.format_info_p3109(4, 2, signed, finite),
        "p3109_k5p3ue": gf.format_info_p3109(5, 3, unsigned, extended),
        "p3109_k6p1ue": gf.format_info_p3109(6, 1, unsigned, extended),
        "p3109_k6p4se": gf.format_info_p3109(6, 4, signed, extended),
    }


STOCHASTIC_FORMATS = {"ocp_e2m1", "p3109_k4p2sf"}
DETERMINISTIC = ["TowardZero", "TowardNegative", "TowardPositive", "TiesToEven", "TiesToAway"]
STOCHASTIC = ["Stochastic", "StochasticOdd", "StochasticFast", "StochasticFastest"]


def gfloat_code(info, value, mode, saturate, **bits):
    try:
        rounded = gfloat.round_float(info, value, gfloat.RoundMode[mode], saturate, **bits)
        return f"{gfloat.encode_float(info, rounded):02x}"
    except (ValueError, AssertionError, OverflowError):
        return "!!"


def write_gfloat(folder):
    peer = f"gfloat {GFLOAT}: round_float then encode_float"
    for name, info in gfloat_formats().items():
        decoded = [gfloat.decode_float(info, code).fval for code in range(1 << info.bits)]
        with open(folder / f"gfloat_decode_{name}.tsv", "w", encoding="ascii", newline="\n") as out:
            out.write(f"# gfloat {GFLOAT}: decode_float, "
                      "run by tests/peers/make_vectors.py\n")
            for code, value in enumerate(decoded):
                text = value.hex() if np.isfinite(value) else str(value)
                out.write(f"{code:02x}\t{text}\n")
        columns = [f"{m}_{s}" for m in DETERMINISTIC for s in ("sat", "nosat")]
        calls = [(m, s, {}) for m in DETERMINISTIC for s in (True, False)]
        if name in STOCHASTIC_FORMATS:
            for mode in STOCHASTIC:
                for r in range(1 << SR_BITS):
                    columns.append(f"{mode}_n{SR_BITS}_b{r}")
                    calls.append((mode, True, {"srbits": r, "srnumbits": SR_BITS}))
        rows = []
        for w in boundary_words(decoded, thin_negatives=info.bits == 8):
            value = float(np.uint32(w).view(np.float32))
            rows.append((w, [gfloat_code(info, value, m, s, **bits) for m, s, bits in calls]))
        write(folder / f"gfloat_{name}.tsv", peer, columns, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    write_ml_dtypes(folder)
    write_gfloat(folder)


if __name__ == "__main__":
    main()
