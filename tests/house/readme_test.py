# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Runs every command that README shows with its output, in README's folder, and compares the two.

usage: readme_test.py README MXSCOPE_BINARY [--update]

A block that opens with ```console holds lines "$ command" followed by what it prints; a line
"..." stands for any number of lines.
"""

import difflib
import pathlib
import re
import subprocess
import sys


def examples(text):
    """Yields (command, expected lines, span) for each command of each console block."""
    for block in re.finditer(r"^```console\n(.*?)^```$", text, re.M | re.S):
        for part in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.group(1), re.M):
            start = block.start(1)
            yield part.group(1), part.group(2).splitlines(), (start + part.start(2), start + part.end(2))


def matches(expected, actual):
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and expected[0] == actual[0].rstrip() and matches(expected[1:], actual[1:])


def run(command, binary, folder):
    command = re.sub(r"(^|\| )mxscope\b", rf"\g<1>{binary}", command)
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=300, cwd=folder)
    return [line.rstrip() for line in done.stdout.splitlines()]


def main():
    readme, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    text = readme.read_text()
    found = list(examples(text))
    if not found:
        sys.exit(f"{readme}: shows no commands with output")
    if "--update" in sys.argv:
        for command, expected, (start, end) in reversed(found):
            if "..." not in expected:
                shown = "".join(f"{l}\n" for l in run(command, binary, readme.parent))
                text = text[:start] + shown + text[end:]
        readme.write_text(text)
        return
    failed = 0
    for command, expected, _ in found:
        while expected and not expected[-1]:
            expected.pop()
        actual = run(command, binary, readme.parent)
        while actual and not actual[-1]:
            actual.pop()
        if not matches(expected, actual):
            failed += 1
            print(f"$ {command}")
            print("\n".join(difflib.unified_diff(expected, actual, "README", "output", lineterm="")))
    print(f"{len(found)} commands, {failed} with other output than README shows")
    sys.exit(failed > 0)


main()
