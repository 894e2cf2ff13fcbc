# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Exact models of low-precision number formats, with NumPy arrays in and out.

    import mxscope
    mxscope.cast([1, -0.3, 1e9], "e4m3", "nv")            # codes, as uint8
    q = mxscope.quantize(x, "nvfp4")                      # q.elements, q.scales, q.tensor
    q.dequantize()
    mxscope.Mma("sm90.wgmma.fp8").run(a, b)               # D = A B^T, bit for bit

Names are those of `mxscope formats | recipes | units`. Calls leave the interpreter unlocked, and
threads may share everything here.
"""
import ctypes
import dataclasses

import numpy as np

from ._library import (Error, FormatInfo, Grid, MmaInfo, PolicyFields, RandomBits, RecipeInfo,
                       Refused, TensorScale, UnitInfo, library)

__version__ = library.version().decode()
__all__ = ["Error", "Format", "Mma", "Policy", "Quantized", "Refused", "cast", "decode", "formats",
           "pack", "quantize", "recipes", "swizzle_scales", "units", "unpack", "unswizzle_scales"]


def _array(values, dtype, name):
    """A contiguous array; no value may change on the way."""
    array = np.asarray(values)
    if array.dtype != dtype:
        if array.dtype.kind == "f" and array.dtype.itemsize > np.dtype(dtype).itemsize and \
                not isinstance(values, (list, tuple, float)):
            raise Error(f"{name} is {array.dtype}; round it to {np.dtype(dtype)} first")
        array = array.astype(dtype)
    return np.ascontiguousarray(array)


def _unsigned(values, bits, name):
    array = np.asarray(values)
    if array.dtype.kind not in "iu" and array.size:
        raise Error(f"{name} is {array.dtype}; codes are integers")
    if array.size and (array.min() < 0 or int(array.max()) >> bits):
        raise Error(f"{name} holds what {bits} bits do not")
    return np.ascontiguousarray(array, dtype=f"u{bits // 8}")


def _at(array):
    return array.ctypes.data if array is not None else None


class Format:
    """A number format by name or alias."""

    def __init__(self, name):
        self._handle = library.found(library.find_format(name.encode()))
        self._info = FormatInfo()
        library.format_describe(self._handle, ctypes.byref(self._info))

    @classmethod
    def _of(cls, handle):
        made = cls.__new__(cls)
        made._handle, made._info = handle, FormatInfo()
        library.format_describe(handle, ctypes.byref(made._info))
        return made

    name = property(lambda self: self._info.name.decode())
    bits = property(lambda self: self._info.bits)
    exponent_bits = property(lambda self: self._info.exponent_bits)
    mantissa_bits = property(lambda self: self._info.mantissa_bits)
    bias = property(lambda self: self._info.bias)
    storage_bits = property(lambda self: self._info.storage_bits)
    dtype = property(lambda self: np.dtype(f"u{self._info.storage_bits // 8}"))

    def __repr__(self):
        return f"Format({self.name!r})"


def _format(format_or_name):
    return format_or_name if isinstance(format_or_name, Format) else Format(format_or_name)


class Policy:
    """What a conversion decides: a bundle ("nv", "ml_dtypes", ...; "" is the format's own), with
    fields changed by name: Policy("e4m3", "nv", rounding="rtz")."""

    def __init__(self, format_, name="", **fields):
        self._fields = PolicyFields()
        library.find_policy(_format(format_)._handle, name.encode(), ctypes.byref(self._fields))
        for field, value in fields.items():
            library.policy_set(ctypes.byref(self._fields), field.encode(), value.encode())

    @classmethod
    def conversion(cls, name):
        """The format and policy of a conversion that `mxscope conform list` has."""
        made, handle = cls.__new__(cls), ctypes.c_void_p()
        made._fields = PolicyFields()
        library.find_conversion(name.encode(), ctypes.byref(handle), ctypes.byref(made._fields))
        return Format._of(handle.value), made

    def __eq__(self, other):
        return bytes(self._fields) == bytes(other._fields)


def cast(values, format, policy="", *, source=None, random=None, random_bits=0):
    """The words of values, in their shape. float64 arrays are cast as binary64, all others as
    binary32; integers with source="bf16" (fp16, fp32, fp64) are bit patterns. `random`, for
    stochastic modes, is one number or one for each value."""
    format = _format(format)
    if not isinstance(policy, Policy):
        policy = Policy(format, policy)
    draws = None
    if random is not None:
        draws = _unsigned(np.broadcast_to(random, np.shape(random) or (1,)), 32, "random")
        draws = RandomBits(_at(draws), draws.size, random_bits, 0), draws
    bits = ctypes.byref(draws[0]) if draws else None
    rules = ctypes.byref(policy._fields)
    if source is not None:
        source = _format(source)
        inputs = _unsigned(values, source.storage_bits, "values")
        words = np.empty(inputs.shape, format.dtype)
        library.cast_words(format._handle, rules, bits, source._handle, _at(inputs), inputs.size,
                           _at(words), None)
        return words
    wide = getattr(values, "dtype", None) == np.float64
    inputs = _array(values, np.float64 if wide else np.float32, "values")
    words = np.empty(inputs.shape, format.dtype)
    function = library.cast_f64 if wide else library.cast_f32
    function(format._handle, rules, bits, _at(inputs), inputs.size, _at(words), None)
    return words


def decode(words, format, dtype=np.float64):
    """The values of words, exactly, as float64 or float32."""
    format = _format(format)
    words = _unsigned(words, format.storage_bits, "words")
    values = np.empty(words.shape, dtype)
    functions = {"float32": library.decode_f32, "float64": library.decode_f64}
    if values.dtype.name not in functions:
        raise Error(f"words decode to float32 or float64, not to {values.dtype}")
    functions[values.dtype.name](format._handle, _at(words), words.size, _at(values))
    return values


def _recipe(name):
    handle, info = library.found(library.find_recipe(name.encode())), RecipeInfo()
    library.recipe_describe(handle, ctypes.byref(info))
    return handle, info


@dataclasses.dataclass
class Quantized:
    """A matrix as codes: one byte per element, one scale for each block of the grid."""

    recipe: str
    elements: np.ndarray  # rows x columns, uint8
    scales: np.ndarray    # row blocks x column blocks, uint32
    micro: np.ndarray     # the same shape, uint32; HiF4's exponent bits, else zeros
    tensor: TensorScale

    def dequantize(self):
        handle, _ = _recipe(self.recipe)
        elements = _unsigned(self.elements, 8, "elements")
        scales, micro = _unsigned(self.scales, 32, "scales"), _unsigned(self.micro, 32, "micro")
        rows, columns = elements.shape
        grid = Grid()
        library.block_grid(handle, rows, columns, ctypes.byref(grid))
        if (grid.row_blocks, grid.column_blocks) != scales.shape or scales.shape != micro.shape:
            raise Error(f"{rows} x {columns} elements of {self.recipe} have {grid.row_blocks} x "
                        f"{grid.column_blocks} scales, not {scales.shape}")
        values = np.empty((rows, columns), np.float32)
        library.dequantize(handle, ctypes.byref(self.tensor), _at(elements), _at(scales),
                           _at(micro), rows, columns, _at(values))
        return values


def quantize(values, recipe, *, amax=None, seed=0):
    """Quantizes a matrix (a vector is one row) under a named recipe. `amax` stands for the tensor's
    largest magnitude where the recipe has a tensor scale, and is found when it is None."""
    handle, _ = _recipe(recipe)
    values = np.atleast_2d(_array(values, np.float32, "values"))
    if values.ndim != 2:
        raise Error(f"values have {values.ndim} dimensions; a matrix has 2")
    rows, columns = values.shape
    grid, tensor = Grid(), TensorScale()
    library.block_grid(handle, rows, columns, ctypes.byref(grid))
    blocks = grid.row_blocks, grid.column_blocks
    given = None
    if amax is not None:
        library.tensor_scale_of(handle, amax, ctypes.byref(tensor))
        given = ctypes.byref(tensor)
    out = Quantized(recipe, np.empty((rows, columns), np.uint8), np.empty(blocks, np.uint32),
                    np.zeros(blocks, np.uint32), TensorScale())
    library.quantize(handle, given, seed, _at(values), rows, columns, _at(out.elements),
                     _at(out.scales), _at(out.micro), ctypes.byref(out.tensor))
    return out


def pack(codes, bits):
    """Codes as a little-endian stream of 4, 6 or 8 bits each."""
    codes = _unsigned(codes, 8, "codes").ravel()
    packed = np.empty(library.packed_bytes(bits, codes.size), np.uint8)
    library.pack(bits, _at(codes), codes.size, _at(packed))
    return packed


def unpack(packed, bits, count):
    """The `count` codes of such a stream."""
    packed = _unsigned(packed, 8, "packed").ravel()
    if packed.size != library.packed_bytes(bits, count):
        raise Error(f"{count} codes of {bits} bits are not {packed.size} bytes")
    codes = np.empty(count, np.uint8)
    library.unpack(bits, _at(packed), count, _at(codes))
    return codes


def swizzle_scales(scales):
    """A matrix of scale bytes in tiles of 128 x 4, as tcgen05 and cuBLAS read them."""
    scales = _unsigned(scales, 8, "scales")
    rows, columns = scales.shape
    out = np.empty(library.swizzled_bytes(rows, columns), np.uint8)
    library.swizzle_scales(rows, columns, _at(scales), _at(out))
    return out


def unswizzle_scales(swizzled, rows, columns):
    swizzled = _unsigned(swizzled, 8, "swizzled").ravel()
    if swizzled.size != library.swizzled_bytes(rows, columns):
        raise Error(f"{rows} x {columns} scales are not {swizzled.size} bytes")
    out = np.empty((rows, columns), np.uint8)
    library.unswizzle_scales(rows, columns, _at(swizzled), _at(out))
    return out


class Mma:
    """A matrix instruction with its operand formats chosen; `fields` sets unsettled points:
    Mma("sm90.wgmma.fp8", fields="kept_bits=23")."""

    def __init__(self, unit, a="", b="", scale="", block=0, fields=""):
        self._handle = None
        handle, made = library.found(library.find_unit(unit.encode())), ctypes.c_void_p()
        self._unit, info = UnitInfo(), MmaInfo()
        library.unit_describe(handle, ctypes.byref(self._unit))
        library.mma_create(handle, a.encode(), b.encode(), scale.encode(), block, fields.encode(),
                           ctypes.byref(made))
        self._handle = made.value
        library.mma_describe(self._handle, ctypes.byref(info))
        self.a, self.b, self.d = map(Format._of, (info.a, info.b, info.d))
        self.scale = Format._of(info.scale) if info.scale else None
        self.block = info.block

    name = property(lambda self: self._unit.name.decode())
    instruction = property(lambda self: self._unit.instruction.decode())
    k = property(lambda self: self._unit.k)
    step_k = property(lambda self: self._unit.step_k)

    def __del__(self):
        if getattr(self, "_handle", None):
            library.mma_free(self._handle)

    def _scales(self, scales, rows, k, name):
        if self.block == 0:
            if scales is not None:
                raise Error(f"{self.name} takes no block scales")
            return None
        scales = _unsigned(scales if scales is not None else [], 8, name)
        if scales.shape != (rows, -(-k // self.block)):
            raise Error(f"{name} is {scales.shape}, not {(rows, -(-k // self.block))}")
        return scales

    def run(self, a, b, a_scales=None, b_scales=None, c=None):
        """D = A B^T + C in words: a is m x k, b is n x k, c and D are m x n."""
        a, b = _unsigned(a, self.a.storage_bits, "a"), _unsigned(b, self.b.storage_bits, "b")
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
            raise Error(f"a is {a.shape} and b is {b.shape}; they are m x k and n x k")
        m, n, k = a.shape[0], b.shape[0], a.shape[1]
        a_scales = self._scales(a_scales, m, k, "a_scales")
        b_scales = self._scales(b_scales, n, k, "b_scales")
        if c is not None:
            c = _unsigned(c, self.d.storage_bits, "c")
            if c.shape != (m, n):
                raise Error(f"c is {c.shape}, not {(m, n)}")
        d = np.empty((m, n), self.d.dtype)
        library.mma_run(self._handle, m, n, k, _at(a), _at(a_scales), _at(b), _at(b_scales),
                        _at(c), _at(d))
        return d


def _names(count, at, describe, info):
    names = []
    for i in range(count()):
        describe(at(i), ctypes.byref(info))
        names.append(info.name.decode())
    return names


def formats():
    """The names of the built-in formats; P3109's ("p3109_k8p3se") go by rule."""
    return _names(library.format_count, library.format_at, library.format_describe, FormatInfo())


def recipes():
    """The names of the recipes; asking for all of them compiles each, which takes seconds."""
    return _names(library.recipe_count, library.recipe_at, library.recipe_describe, RecipeInfo())


def units():
    return _names(library.unit_count, library.unit_at, library.unit_describe, UnitInfo())
