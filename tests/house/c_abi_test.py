#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Fails unless the shared library exports exactly what mxscope.map lists and mxscope.h declares.

usage: c_abi_test.py NM LIBRARY CAPI_FOLDER
"""
import pathlib
import re
import subprocess
import sys


def main(nm, library, folder):
    folder = pathlib.Path(folder)
    header = (folder / "mxscope.h").read_text()
    listed = set(re.findall(r"^    (\w+);$", (folder / "mxscope.map").read_text(), re.M))
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    declared = set(re.findall(r"\b(mxscope_\w+)\(", code))
    text = subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True,
                          text=True).stdout
    exported = {fields[2].split("@")[0] for fields in map(str.split, text.splitlines())
                if fields[1] != "A"}
    failed = False
    for name, other, what in [
        (exported, listed, "exported, and not in mxscope.map"),
        (listed, exported, "in mxscope.map, and not exported"),
        (declared, listed, "declared, and not in mxscope.map"),
        (listed, declared, "in mxscope.map, and not declared"),
    ]:
        for symbol in sorted(name - other):
            failed = True
            print(f"{symbol} is {what}")
    abi = re.search(r"^#define MXSCOPE_ABI (\d+)", header, re.M)[1]
    soname = pathlib.Path(library).resolve().name
    if not soname.startswith(f"libmxscope.so.{abi}."):
        failed = True
        print(f"{soname} is not of MXSCOPE_ABI {abi}")
    print(f"{len(exported)} symbols of {soname}")
    return failed


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
