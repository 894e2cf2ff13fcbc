# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Makes `import mxscope` mean the package of this source tree over the library of this build.

The package is staged where it finds no library beside itself; the one that is loaded first is then
the one that the system's loader gives it.
"""
import ctypes
import pathlib
import sys
import tempfile

_stage = tempfile.TemporaryDirectory()  # as long as the process lives


def stage(root, library):
    sys.dont_write_bytecode = True
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    pathlib.Path(_stage.name, "mxscope").symlink_to(pathlib.Path(root) / "python" / "mxscope")
    sys.path.insert(0, _stage.name)
