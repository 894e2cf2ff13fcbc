#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Builds the example quantizer and its testbench with Verilator: the right one passes, and each of
three planted bugs is found and diagnosed.

usage: systemverilog_test.py SOURCE_ROOT LIBRARY     exit code 77: there is no Verilator
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

DIAGNOSES = {
    "right": r"PASS, 400 blocks as recipe mxfp4",
    "half up": r"FAIL, \d+ elements and 0 scales .*: elements are rounded half away from zero, "
               r"element\.rounding = rna; first, bfloat16 [0-9a-f]{4} under",
    "no clamp": r"FAIL, \d+ elements and 0 scales .*: only elements of 7 and more are wrong: "
                r"overflow does not saturate; first, ",
    "ceil scale": r"FAIL, \d+ elements and \d+ scales .*: the scale is rounded up: "
                  r"2\^ceil\(log2 amax\) / 4, recipe mxfp4_ceil; first, ",
    "dot step": r"32\.5",
    "error": r".*'?e2m9'?.*",
}


def main(root, library):
    verilator = shutil.which("verilator")
    if not verilator:
        print("Verilator is missing: ./run setup installs Debian's package verilator")
        return 77
    root, library = pathlib.Path(root), pathlib.Path(library).resolve()
    sources = root / "capi" / "systemverilog"
    with tempfile.TemporaryDirectory() as folder:
        link = pathlib.Path(folder, "libmxscope.so.1")
        link.symlink_to(library)
        built = subprocess.run(
            [verilator, "--binary", "-Wall", "--Mdir", folder, "--top-module", "mxfp4_quantizer_tb",
             "--timescale", "1ns/1ns", "-j", "2", "-CFLAGS", f"-I{root / 'capi'}", "-MAKEFLAGS",
             "OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0", "-LDFLAGS",
             f"{link} -Wl,-rpath,{folder}",
             *(str(sources / name) for name in ("mxscope_pkg.sv", "mxfp4_quantizer.sv",
                                                "mxfp4_check.sv", "mxfp4_quantizer_tb.sv",
                                                "mxscope_dpi.c"))],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode:
            print(built.stdout[-4000:])
            return 1
        ran = subprocess.run([f"{folder}/Vmxfp4_quantizer_tb"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, timeout=600)
    print(ran.stdout)
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines() if ": " in line)
    failed = ran.returncode != 0
    for name, pattern in DIAGNOSES.items():
        if not re.match(pattern, lines.get(name, "")):
            print(f"{name}: expected {pattern}")
            failed = True
    return failed


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
