# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""libmxscope by ctypes: records, prototypes and errors, as capi/mxscope.h has them."""
import ctypes as ct
import pathlib

ABI = 1
NAME = f"libmxscope.so.{ABI}"

MXSCOPE_OK, REFUSED = 0, 4


class Error(ValueError):
    """Bad arguments: one sentence, from the library."""


class Refused(Error):
    """A policy says "error" for an input."""


class FormatInfo(ct.Structure):
    _fields_ = [("name", ct.c_char_p), ("bits", ct.c_int32), ("exponent_bits", ct.c_int32),
                ("mantissa_bits", ct.c_int32), ("bias", ct.c_int32), ("storage_bits", ct.c_int32),
                ("storage_shift", ct.c_int32), ("is_fixed", ct.c_uint8), ("is_signed", ct.c_uint8),
                ("has_zero", ct.c_uint8), ("has_infinity", ct.c_uint8), ("has_nan", ct.c_uint8),
                ("reserved", ct.c_uint8 * 3)]


class PolicyFields(ct.Structure):
    _fields_ = [(name, ct.c_int32) for name in (
        "rounding", "tie_p1", "overflow", "directed_overflow", "infinity", "nan", "nan_sign",
        "made_nan_sign", "negative", "zero", "underflow", "low_grid")]
    _fields_.append(("reserved", ct.c_int32 * 4))


class RandomBits(ct.Structure):
    _fields_ = [("values", ct.c_void_p), ("count", ct.c_size_t), ("bits", ct.c_int32),
                ("reserved", ct.c_int32)]


class RecipeInfo(ct.Structure):
    _fields_ = [("name", ct.c_char_p), ("element", ct.c_void_p), ("scale", ct.c_void_p),
                ("block_rows", ct.c_int32), ("block_columns", ct.c_int32),
                ("random_bits", ct.c_int32), ("has_tensor_scale", ct.c_uint8),
                ("has_micro", ct.c_uint8), ("reserved", ct.c_uint8 * 2)]


class TensorScale(ct.Structure):
    _fields_ = [("amax", ct.c_float), ("decode", ct.c_float), ("encode", ct.c_float),
                ("reserved", ct.c_uint32)]


class Grid(ct.Structure):
    _fields_ = [("block_rows", ct.c_size_t), ("block_columns", ct.c_size_t),
                ("row_blocks", ct.c_size_t), ("column_blocks", ct.c_size_t)]


class UnitInfo(ct.Structure):
    _fields_ = [("name", ct.c_char_p), ("device", ct.c_char_p), ("target", ct.c_char_p),
                ("instruction", ct.c_char_p), ("m", ct.c_int32), ("n", ct.c_int32),
                ("k", ct.c_int32), ("step_k", ct.c_int32)]


class MmaInfo(ct.Structure):
    _fields_ = [("a", ct.c_void_p), ("b", ct.c_void_p), ("d", ct.c_void_p), ("scale", ct.c_void_p),
                ("block", ct.c_int32), ("reserved", ct.c_int32)]


_POINTER, _SIZE, _TEXT, _INT, _FLOAT, _SEED = (ct.c_void_p, ct.c_size_t, ct.c_char_p, ct.c_int,
                                               ct.c_float, ct.c_uint64)
_P, _S, _T, _I = _POINTER, _SIZE, _TEXT, _INT

# name: result, arguments
_PROTOTYPES = {
    "version": (_T, []), "abi": (ct.c_uint32, []), "error": (_T, []),
    "format_count": (_S, []), "format_at": (_P, [_S]), "find_format": (_P, [_T]),
    "format_describe": (_I, [_P, _P]), "find_policy": (_I, [_P, _T, _P]),
    "find_conversion": (_I, [_T, _P, _P]), "policy_set": (_I, [_P, _T, _T]),
    "cast_f32": (_I, [_P, _P, _P, _P, _S, _P, _P]),
    "cast_f64": (_I, [_P, _P, _P, _P, _S, _P, _P]),
    "cast_words": (_I, [_P, _P, _P, _P, _P, _S, _P, _P]),
    "decode_f32": (_I, [_P, _P, _S, _P]), "decode_f64": (_I, [_P, _P, _S, _P]),
    "recipe_count": (_S, []), "recipe_at": (_P, [_S]), "find_recipe": (_P, [_T]),
    "recipe_describe": (_I, [_P, _P]), "block_grid": (_I, [_P, _S, _S, _P]),
    "tensor_scale_of": (_I, [_P, _FLOAT, _P]),
    "quantize_block": (_I, [_P, _P, _P, _P, _S, _P, _P, _P]),
    "dequantize_block": (_I, [_P, _P, _P, ct.c_uint32, ct.c_uint32, _S, _P]),
    "quantize": (_I, [_P, _P, _SEED, _P, _S, _S, _P, _P, _P, _P]),
    "dequantize": (_I, [_P, _P, _P, _P, _P, _S, _S, _P]),
    "packed_bytes": (_S, [_I, _S]), "pack": (_I, [_I, _P, _S, _P]),
    "unpack": (_I, [_I, _P, _S, _P]), "swizzled_bytes": (_S, [_S, _S]),
    "swizzle_scales": (_I, [_S, _S, _P, _P]), "unswizzle_scales": (_I, [_S, _S, _P, _P]),
    "unit_count": (_S, []), "unit_at": (_P, [_S]), "find_unit": (_P, [_T]),
    "unit_describe": (_I, [_P, _P]), "mma_create": (_I, [_P, _T, _T, _T, _I, _T, _P]),
    "mma_free": (None, [_P]), "mma_describe": (_I, [_P, _P]),
    "mma_run": (_I, [_P, _S, _S, _S, _P, _P, _P, _P, _P, _P]),
}


def _candidates():
    """Beside this package, in the prefix or source tree that it lies in, else where the system
    looks."""
    here = pathlib.Path(__file__).absolute().parent
    yield here / NAME
    for folder in here.parents:
        for name in ("lib", "lib64", "lib/x86_64-linux-gnu", "build/release"):
            yield folder / name / NAME


class Library:
    """Functions of the library without their prefix; those that give a status raise."""

    def __init__(self):
        path = next((str(path) for path in _candidates() if path.exists()), NAME)
        try:
            self._loaded = ct.CDLL(path)
        except OSError as error:
            raise ImportError(f"{NAME} is neither beside this package nor installed: {error}")
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(self._loaded, f"mxscope_{name}")
            function.restype, function.argtypes = result, arguments
            setattr(self, name, self._checked(function) if result is _I else function)
        self.path = path
        if self.abi() != ABI:
            raise ImportError(f"{path} has the binary interface {self.abi()}, not {ABI}")

    def _checked(self, function):
        def call(*arguments):
            status = function(*arguments)
            if status != MXSCOPE_OK:
                raise (Refused if status == REFUSED else Error)(self.error().decode())
        return call

    def found(self, pointer):
        """A handle that a look-up gave; raises where it gave none."""
        if not pointer:
            raise Error(self.error().decode())
        return pointer


library = Library()
