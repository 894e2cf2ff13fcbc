# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Whether tests/peers/make_real_tensors.py makes up the same, readable tensors every time.

usage: real_tensors_test.py MAKE_REAL_TENSORS    exit code 77: skipped, NumPy is missing
"""
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1))


def run(folder, *arguments):
    return subprocess.run([sys.executable, PROGRAM, "--cache", folder, *arguments],
                          capture_output=True, text=True, timeout=120)


def synthetic(*arguments):
    """The bytes of the file that --synthetic writes."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(folder, "--synthetic", "--shape", "16x96", "--shape", "3x5", *arguments)
        assert done.returncode == 0, done.stderr
        path, = pathlib.Path(folder).iterdir()
        return path.read_bytes()


class RealTensorsTest(unittest.TestCase):
    def test_same_seed_same_bytes(self):
        self.assertEqual(synthetic("--seed", "7"), synthetic("--seed", "7"))
        self.assertNotEqual(synthetic("--seed", "7"), synthetic("--seed", "8"))

    def test_file_is_readable(self):
        f32, bf16 = synthetic(), synthetic("--bf16")
        for data, dtype, size in ((f32, "F32", 4), (bf16, "BF16", 2)):
            length, = struct.unpack("<Q", data[:8])
            header = json.loads(data[8:8 + length])
            self.assertIn("license", header.pop("__metadata__"))
            self.assertEqual(header, {
                "synthetic.0.input": {"dtype": dtype, "shape": [16, 96],
                                      "data_offsets": [0, 16 * 96 * size]},
                "synthetic.1.input": {"dtype": dtype, "shape": [3, 5],
                                      "data_offsets": [16 * 96 * size, (16 * 96 + 15) * size]}})
            self.assertEqual((length % 8, len(data)), (0, 8 + length + (16 * 96 + 15) * size))
        words = struct.unpack(f"<{16 * 96 + 15}I", f32[-(16 * 96 + 15) * 4:])
        halves = struct.unpack(f"<{16 * 96 + 15}H", bf16[-(16 * 96 + 15) * 2:])
        self.assertEqual(words, tuple(half << 16 for half in halves))
        self.assertTrue(all(word & 0x7F800000 != 0x7F800000 for word in words), "not finite")

    def test_outlier_channels_stand_out(self):
        data = synthetic()
        values = struct.unpack("<1536f", data[-(1536 + 15) * 4:-15 * 4])
        peaks = sorted(max(abs(v) for v in values[channel::96]) for channel in range(96))
        self.assertGreater(peaks[-1], 5 * peaks[48])

    def test_bad_usage(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (["--shape", "0x8"], ["--seed", "-1"], ["--tokens", "many"]):
                done = run(folder, "--synthetic", *arguments)
                self.assertEqual(done.returncode, 2, arguments)
                self.assertIn(arguments[1], done.stderr)
                self.assertNotIn("Traceback", done.stderr)
        with tempfile.NamedTemporaryFile() as file:
            done = run(file.name, "--synthetic")
            self.assertEqual(done.returncode, 2)
            self.assertIn(file.name, done.stderr)


if __name__ == "__main__":
    if importlib.util.find_spec("numpy") is None:
        print("NumPy is missing; skipped")
        sys.exit(77)
    unittest.main()
