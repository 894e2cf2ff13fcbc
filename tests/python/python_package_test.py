#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""The Python package against ml_dtypes, against itself, and against the program's own output.

usage: python_package_test.py SOURCE_ROOT LIBRARY MXSCOPE_BINARY     exit code 77: no NumPy
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

try:
    import numpy as np
except ImportError:
    print("NumPy is missing: ./run setup installs it into .venv")
    sys.exit(77)

ROOT, LIBRARY, BINARY = map(pathlib.Path, sys.argv[1:4])
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from staged_package import stage  # noqa: E402

stage(ROOT, LIBRARY)
import mxscope  # noqa: E402

BF16 = (np.arange(0x10000, dtype=np.uint32) << 16).view(np.float32)


class Casts(unittest.TestCase):
    def test_every_bfloat16_as_ml_dtypes(self):
        try:
            import ml_dtypes
        except ImportError:
            self.skipTest("ml_dtypes is missing")
        for name in ("float8_e4m3fn", "float8_e5m2", "float4_e2m1fn", "float6_e3m2fn"):
            format_, policy = mxscope.Policy.conversion(f"ml_{name}")
            with np.errstate(all="ignore"):
                theirs = BF16.astype(getattr(ml_dtypes, name)).view(np.uint8)
            np.testing.assert_array_equal(mxscope.cast(BF16, format_, policy), theirs, name)

    def test_sources_shapes_and_fields(self):
        words = np.arange(0x10000, dtype=np.uint16)
        direct = mxscope.cast(words, "e5m2", "nv", source="bf16")
        np.testing.assert_array_equal(direct, mxscope.cast(BF16, "e5m2", "nv"))
        with np.errstate(invalid="ignore"):
            wide = BF16.astype(np.float64)
        np.testing.assert_array_equal(direct, mxscope.cast(wide, "e5m2", "nv"))
        self.assertEqual(mxscope.cast(np.ones((2, 3, 4), np.float32), "e4m3").shape, (2, 3, 4))
        down = mxscope.Policy("e2m1", "ocp", rounding="rtz")
        self.assertEqual(mxscope.cast([5.9], "e2m1", down).tolist(), [6])
        self.assertEqual(mxscope.cast([5.9], "e2m1").tolist(), [7])
        bits = mxscope.Policy("e2m1", "ocp", rounding="sr-a")
        self.assertEqual(mxscope.cast([2.75] * 4, "e2m1", bits, random=[0, 1, 2, 3],
                                      random_bits=3).tolist(), [4, 4, 5, 5])

    def test_decode_and_cast_are_inverse(self):
        for name in mxscope.formats():
            format_ = mxscope.Format(name)
            if format_.exponent_bits == 0 or format_.storage_bits != 8:
                continue
            codes = np.arange(1 << format_.bits, dtype=np.uint8)
            values = mxscope.decode(codes, name)
            finite = np.isfinite(values)
            np.testing.assert_array_equal(mxscope.decode(mxscope.cast(values[finite], name), name),
                                          values[finite], name)

    def test_errors_are_sentences(self):
        for call, text in [
                (lambda: mxscope.Format("e4m4"), "e4m3"),
                (lambda: mxscope.cast([1], "e4m3", "nvidia"), "nv"),
                (lambda: mxscope.cast([300], "e4m3", source="bf16").tolist() and
                 mxscope.cast([1.5], "e4m3", source="bf16"), "integers"),
                (lambda: mxscope.Policy("e4m3", overflow="infinity") and
                 mxscope.cast([1], "e4m3", mxscope.Policy("e4m3", overflow="infinity")), "infinity"),
                (lambda: mxscope.quantize([1.0], "mxfp5"), "mxfp4"),
                (lambda: mxscope.Mma("sm90.wgmma.fp8").run([[1]], [[1, 2]]), "m x k")]:
            with self.assertRaisesRegex(mxscope.Error, text):
                call()
        with self.assertRaisesRegex(mxscope.Refused, "input 1"):
            mxscope.cast([1, np.nan], "e2m1", mxscope.Policy("e2m1", nan="error"))


def only_tensor(path):
    """The float32 tensor of a .safetensors file that has one."""
    data = pathlib.Path(path).read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    (tensor,) = [t for name, t in json.loads(data[8:end]).items() if name != "__metadata__"]
    first, last = tensor["data_offsets"]
    return np.frombuffer(data[end + first:end + last], "<f4").reshape(tensor["shape"])


class Blocks(unittest.TestCase):
    def test_the_program_writes_the_same_codes(self):
        values = np.random.default_rng(4).normal(size=(6, 96)).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            np.save(f"{folder}/x.npy", values)
            for recipe in ("mxfp4", "nvfp4", "te_mxfp8_e4m3"):
                subprocess.run([BINARY, "quantize", f"{folder}/x.npy", "--recipe", recipe, "-o",
                                f"{folder}/q.safetensors"], check=True, capture_output=True)
                subprocess.run([BINARY, "dequantize", f"{folder}/q.safetensors", "-o",
                                f"{folder}/back.safetensors"], check=True, capture_output=True)
                np.testing.assert_array_equal(mxscope.quantize(values, recipe).dequantize(),
                                              only_tensor(f"{folder}/back.safetensors"), recipe)

    def test_a_given_maximum_and_threads(self):
        values = np.random.default_rng(5).normal(size=(8, 64)).astype(np.float32)
        own = mxscope.quantize(values, "nvfp4")
        same = mxscope.quantize(values, "nvfp4", amax=float(np.abs(values).max()))
        np.testing.assert_array_equal(own.elements, same.elements)
        self.assertNotEqual(mxscope.quantize(values, "nvfp4", amax=100).scales.tolist(),
                            own.scales.tolist())
        results = [None] * 4

        def work(i):
            results[i] = mxscope.quantize(values, "nvfp4").elements.tobytes()
        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(results), {own.elements.tobytes()})

    def test_layouts(self):
        codes = np.random.default_rng(6).integers(0, 16, 33)
        np.testing.assert_array_equal(mxscope.unpack(mxscope.pack(codes, 4), 4, 33), codes)
        scales = np.random.default_rng(7).integers(0, 256, (130, 5))
        swizzled = mxscope.swizzle_scales(scales)
        self.assertEqual(swizzled.size, 256 * 8)
        np.testing.assert_array_equal(mxscope.unswizzle_scales(swizzled, 130, 5), scales)


class Matrices(unittest.TestCase):
    def test_a_dot_step(self):
        unit = mxscope.Mma("sm90.wgmma.fp8", a="e4m3")
        codes = mxscope.cast(np.full((2, unit.k), 0.5, np.float32), "e4m3")
        d = unit.run(codes, codes[:1]).view(np.float32)
        np.testing.assert_array_equal(d, np.full((2, 1), 0.25 * unit.k, np.float32))
        scaled = mxscope.Mma("sm120.mma.mxf4nvf4")
        ones = np.full((1, 64), 2)
        scales = np.full((1, -(-64 // scaled.block)), 127 if scaled.scale.name == "e8m0" else 0x38)
        self.assertEqual(scaled.run(ones, ones, scales, scales).view(np.float32).tolist(), [[64]])

    def test_names(self):
        listed = subprocess.run([BINARY, "units", "--json"], check=True, capture_output=True)
        self.assertTrue(set(mxscope.units()) <= set(_strings(json.loads(listed.stdout))))


def _strings(value):
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)


unittest.main(argv=sys.argv[:1], verbosity=1)
