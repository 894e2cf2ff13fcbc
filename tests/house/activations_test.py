# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""The program on made-up activations, file to file, against NumPy: no network, no shared code.

usage: activations_test.py MAKE_REAL_TENSORS MXSCOPE    exit code 77: skipped, NumPy is missing
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print("NumPy is missing; skipped")
    sys.exit(77)

MXSCOPE = sys.argv.pop(2)
MAKE = sys.argv.pop(1)
SHAPES = ((48, 512), (24, 1024), (7, 520))
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
DTYPES = {"F32": "<f4", "F4": "u1", "F8_E4M3": "u1", "F8_E8M0": "u1", "U32": "<u4"}


def tensors(path):
    """Name to array; F4 is left packed."""
    data = pathlib.Path(path).read_bytes()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    out = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        array = np.frombuffer(data[8 + length + begin:8 + length + end], DTYPES[info["dtype"]])
        out[name] = array if info["dtype"] == "F4" else array.reshape(info["shape"])
    return out


def nearest_e2m1(x):
    """Magnitudes to the nearest value, ties to the even code."""
    middle = (E2M1[1:] + E2M1[:-1]) / 2
    low = np.searchsorted(middle, np.abs(x), side="left")
    up = np.searchsorted(middle, np.abs(x), side="right")
    code = np.where((low != up) & (low % 2 == 1), up, low)
    return np.copysign(E2M1[code], x)


def ocp_mxfp4(x):
    """OCP MX 6.3: 2^(floor(log2 amax) - 2) a block of 32; what is left of a row is a block too."""
    out = np.empty(x.shape)
    for first in range(0, x.shape[1], 32):
        block = x[:, first:first + 32].astype(np.float64)
        exponent = np.frexp(np.abs(block).max(1, keepdims=True))[1] - 1
        scale = np.ldexp(1.0, exponent - 2)
        out[:, first:first + 32] = nearest_e2m1(block / scale) * scale
    return out


def sqnr(x, q):
    x = x.astype(np.float64)
    return 10 * np.log10((x ** 2).sum() / ((q - x) ** 2).sum())


class ActivationsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        shapes = [word for rows, columns in SHAPES for word in ("--shape", f"{rows}x{columns}")]
        subprocess.run([sys.executable, MAKE, "--cache", cls.folder.name, "--synthetic", *shapes],
                       check=True, capture_output=True)
        cls.input = f"{cls.folder.name}/synthetic.safetensors"
        cls.x = tensors(cls.input)

    def run_json(self, *arguments):
        done = subprocess.run([MXSCOPE, *arguments, "--json"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def there_and_back(self, recipe, *options):
        quantized, back = (f"{self.folder.name}/{recipe}.{end}" for end in ("q", "back"))
        said = self.run_json("quantize", self.input, "--recipe", recipe, *options, "-o", quantized)
        self.run_json("dequantize", quantized, "-o", back)
        return said, tensors(quantized), tensors(back)

    def test_mxfp4_is_what_its_document_says(self):
        _, _, back = self.there_and_back("mxfp4")
        self.assertEqual(set(back), set(self.x))
        for name, x in self.x.items():
            np.testing.assert_array_equal(back[name], ocp_mxfp4(x), name)

    def test_compare_measures_what_dequantize_gives(self):
        recipes = ("mxfp4", "nvfp4", "mxfp8_e4m3")
        found = self.run_json("compare", self.input, "--recipes", ",".join(recipes))
        measured = {(tensor["name"], row["recipe"]): row["sqnr_db"]
                    for tensor in found["tensors"] for row in tensor["recipes"]}
        for recipe in recipes:
            _, _, back = self.there_and_back(recipe)
            for name, x in self.x.items():
                self.assertAlmostEqual(measured[name, recipe], sqnr(x, back[name]), places=9)

    def test_residuals_gain_what_is_said(self):
        chosen = [name for name, x in self.x.items() if x.shape[1] % 16 == 0]
        options = [word for name in chosen for word in ("--tensor", name)]
        for recipe in ("arcquant_16", "arcquant_32", "trtllm_arcquant"):
            said, stored, back = self.there_and_back(recipe, "--residual-channels", "64", *options)
            self.assertEqual(sum(t["quantized"] for t in said["tensors"]), len(chosen))
            for tensor in said["tensors"]:
                name, x = tensor["name"], self.x[tensor["name"]]
                if not tensor["quantized"]:
                    np.testing.assert_array_equal(back[name], x)
                    continue
                largest = np.abs(x).max(0)
                np.testing.assert_array_equal(stored[name + ".order"],
                                              np.argsort(largest, kind="stable"))
                self.assertEqual(stored[name].size, x.shape[0] * (x.shape[1] + 64) // 2)
                gain = tensor["residuals"]
                self.assertAlmostEqual(gain["sqnr_db_both"], sqnr(x, back[name]), places=9)
                self.assertGreater(gain["sqnr_db_both"], gain["sqnr_db_ordered"])

    def test_micromix_counts(self):
        claims = {claim["id"]: claim["bound"] for claim in self.run_json(
            "verify", "micromix", "--activations", self.input, "--only", "activations")["claims"]}
        for name, x in self.x.items():
            x = x.astype(np.float64)  # exact products: bfloat16 numbers times small integers
            size = np.abs(x)
            top, most = x.max(1, keepdims=True), size.max(1, keepdims=True)
            # 2/254 8/6 = 4/381, 8/254 32/28 = 32/889; 448/6/2^10 = 7/96, 448/28/2^6 = 1/4.
            below = {"paper": (381 * size <= 4 * most, 889 * size <= 32 * most),
                     "paper-signed": (381 * x <= 4 * most, 889 * x <= 32 * most),
                     "iclr": (381 * x < 4 * top, 889 * x < 32 * top),
                     "main": (96 * size < 7 * most, 4 * size < most)}
            for rule, (four, six) in below.items():
                bits = np.where(four, 4, np.where(six, 6, 8)).sum()
                top_part, _, bottom = claims[f"activations/{name}/{rule}"].partition("/")
                self.assertEqual(int(top_part) * x.size, bits * int(bottom or 1), rule)


if __name__ == "__main__":
    unittest.main()
