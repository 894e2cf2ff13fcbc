# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Checks README's table of the fields of a user's format against what the program reads.

usage: format_fields_test.py SOURCE_DIR MXSCOPE_BINARY

Every field of the table must be taken, with its default as the table gives it making no
difference, and the reader must ask for no field that the table leaves out.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

REQUIRED = {"name": '"mine"', "bits": "6", "exponent_bits": "3", "mantissa_bits": "2", "bias": "4"}


def documented(readme):
    """Field -> default as TOML, or None where it is required or depends on others."""
    table = re.search(r"^\| field \| default \|.*\n\|[-|]+\n((?:\|.*\n)+)", readme, re.M)
    fields = {}
    for row in table.group(1).splitlines():
        names, default = [cell.strip() for cell in row.split("|")[1:3]]
        code = re.fullmatch(r"`(.*)`", default)
        for name in re.findall(r"`(\w+)`", names):
            fields[name] = code.group(1) if code else None
        if default == "required":
            assert set(re.findall(r"`(\w+)`", names)) <= set(REQUIRED), names
    return fields


def shown(binary, fields):
    """What the program says of a format with these fields, without where it was read."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "mine.toml"
        path.write_text("[[format]]\n" + "".join(f"{k} = {v}\n" for k, v in fields.items()))
        done = subprocess.run([binary, "formats", "mine", "--formats", path], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    if done.returncode != 0:
        sys.exit(f"{fields} is refused: {done.stdout}")
    return done.stdout.replace(str(path), "FILE")


def main():
    source, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    table = documented((source / "README.md").read_text())
    reader = (source / "spec/formats_toml.cpp").read_text()
    asked = set(re.findall(r'table\.\w+(?:<[\w:]+>)?\("(\w+)"', reader))
    if asked != set(table):
        sys.exit(f"README's table lacks {sorted(asked - set(table))}, and has the unknown "
                 f"{sorted(set(table) - asked)}")
    plain = shown(binary, REQUIRED)
    for name, default in table.items():
        if default is not None and shown(binary, {**REQUIRED, name: default}) != plain:
            sys.exit(f"{name} = {default} is not what leaving it out means")
    shown(binary, {**REQUIRED, "storage_bits": "16"})
    print(f"{len(table)} fields")


main()
