# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Conversions and block quantizers of packages from PyPI, each as a function of NumPy arrays.

Used by report_card.py. A package that cannot be imported is left out, and listed as such.
"""
import dataclasses
import importlib
import importlib.metadata
import typing

import numpy as np

FLOATS = {"fp32": np.float32, "fp64": np.float64, "fp16": np.float16}


@dataclasses.dataclass
class Cast:
    """codes(words) takes source words and gives codes, -1 where the peer raises. `repeat` is a
    Python expression of {value}, the input as a hex float, that gives the code."""

    peer: str
    operation: str
    format: str
    source: str
    codes: typing.Callable
    repeat: str
    slow: bool = False


@dataclasses.dataclass
class Quantizer:
    """codes(values) takes float32 rows and gives (elements, scales), a byte each."""

    peer: str
    operation: str
    recipe: str
    codes: typing.Callable
    repeat: str


def one_by_one(function):
    def codes(words, floats):
        out = np.empty(len(words), np.int64)
        for i, value in enumerate(floats.astype(np.float64).tolist()):
            try:
                out[i] = function(value)
            except (ValueError, OverflowError, AssertionError):
                out[i] = -1
        return out
    return codes


def ml_dtypes_casts():
    import ml_dtypes
    names = {"float4_e2m1fn": "e2m1", "float6_e2m3fn": "e2m3", "float6_e3m2fn": "e3m2",
             "float8_e4m3fn": "e4m3", "float8_e5m2": "e5m2", "float8_e4m3fnuz": "e4m3fnuz",
             "float8_e5m2fnuz": "e5m2fnuz", "float8_e4m3b11fnuz": "e4m3b11fnuz",
             "float8_e4m3": "e4m3ieee", "float8_e3m4": "e3m4ieee", "float8_e8m0fnu": "e8m0"}
    for name, format_ in names.items():
        dtype = getattr(ml_dtypes, name)
        for source in ("fp32", "fp64", "fp16", "bf16"):
            def codes(words, floats, dtype=dtype, source=source):
                if source == "bf16":
                    floats = words.astype(np.uint16).view(ml_dtypes.bfloat16)
                return floats.astype(dtype).view(np.uint8).astype(np.int64)
            kind = "ml_dtypes.bfloat16" if source == "bf16" else f"np.{FLOATS[source].__name__}"
            yield Cast("ml_dtypes", f"astype({name})", format_, source, codes,
                       f"np.array(float.fromhex('{{value}}'), {kind})"
                       f".astype(ml_dtypes.{name}).view(np.uint8)")


def torch_casts():
    import torch
    names = {"float8_e4m3fn": "e4m3", "float8_e5m2": "e5m2", "float8_e4m3fnuz": "e4m3fnuz",
             "float8_e5m2fnuz": "e5m2fnuz", "float8_e8m0fnu": "e8m0"}
    kinds = {"fp32": (np.int32, torch.float32), "fp64": (np.int64, torch.float64),
             "fp16": (np.int16, torch.float16), "bf16": (np.int16, torch.bfloat16)}
    for name, format_ in names.items():
        for source, (integer, kind) in kinds.items():
            def codes(words, floats, name=name, integer=integer, kind=kind):
                inputs = torch.from_numpy(words.view(integer).copy()).view(kind)
                return inputs.to(getattr(torch, name)).view(torch.uint8).numpy().astype(np.int64)
            yield Cast("torch", f"to({name}) on the CPU", format_, source, codes,
                       f"torch.tensor(float.fromhex('{{value}}'), dtype={kind})"
                       f".to(torch.{name}).view(torch.uint8)")


def torchao_casts():
    import torch
    from torchao.prototype.mx_formats import kernels
    for name, format_ in (("f32_to_f4_unpacked", "e2m1"), ("f32_to_f6_e2m3_unpacked", "e2m3"),
                          ("f32_to_f6_e3m2_unpacked", "e3m2")):
        def codes(words, floats, name=name):
            return getattr(kernels, name)(torch.from_numpy(floats)).numpy().astype(np.int64)
        yield Cast("torchao", name, format_, "fp32", codes,
                   f"torchao.prototype.mx_formats.kernels.{name}("
                   "torch.tensor([float.fromhex('{value}')]))")


def onnx_casts():
    import onnx
    from onnx.reference.ops.op_cast import cast_to
    kinds = {"FLOAT8E4M3FN": "e4m3", "FLOAT8E5M2": "e5m2", "FLOAT8E4M3FNUZ": "e4m3fnuz",
             "FLOAT8E5M2FNUZ": "e5m2fnuz", "FLOAT4E2M1": "e2m1"}
    calls = [(kind, format_, saturate, "up") for kind, format_ in kinds.items()
             for saturate in (True, False) if kind != "FLOAT4E2M1" or saturate]
    calls += [("FLOAT8E8M0", "e8m0", saturate, mode) for saturate in (True, False)
              for mode in ("up", "down", "nearest")]
    for kind, format_, saturate, mode in calls:
        text = f"saturate={int(saturate)}" + (f", {mode}" if format_ == "e8m0" else "")
        for source in ("fp32", "fp16"):
            def codes(words, floats, kind=kind, saturate=saturate, mode=mode):
                out = cast_to(floats.copy(), getattr(onnx.TensorProto, kind), saturate, mode)
                return out.view(np.uint8).astype(np.int64)
            yield Cast("onnx", f"reference Cast to {kind}, {text}", format_, source, codes,
                       f"onnx.reference.ops.op_cast.cast_to(np.array([float.fromhex('{{value}}')], "
                       f"np.{FLOATS[source].__name__}), onnx.TensorProto.{kind}, {saturate}, "
                       f"'{mode}').view(np.uint8)")


def gfloat_casts():
    import gfloat
    from gfloat import formats
    for name in ("e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e8m0"):
        info = getattr(formats, f"format_info_ocp_{name}")
        for mode in ("TiesToEven", "TiesToAway", "TowardZero", "TowardPositive", "TowardNegative"):
            for saturate in (True, False):
                def code(value, info=info, mode=mode, saturate=saturate):
                    rounded = gfloat.round_float(info, value, gfloat.RoundMode[mode], saturate)
                    return gfloat.encode_float(info, rounded)
                yield Cast("gfloat", f"round_float {mode}, sat={saturate}, then encode_float", name,
                           "fp32", one_by_one(code),
                           f"gfloat.encode_float(gfloat.formats.format_info_ocp_{name}, "
                           f"gfloat.round_float(gfloat.formats.format_info_ocp_{name}, "
                           f"float.fromhex('{{value}}'), gfloat.RoundMode.{mode}, {saturate}))",
                           slow=True)


def bitstring_casts():
    import bitstring
    names = {"e4m3mxfp_saturate": "e4m3", "e4m3mxfp_overflow": "e4m3", "e5m2mxfp_saturate": "e5m2",
             "e5m2mxfp_overflow": "e5m2", "e3m2mxfp": "e3m2", "e2m3mxfp": "e2m3", "e2m1mxfp": "e2m1",
             "e8m0mxfp": "e8m0", "p3binary8": "p3109_k8p3se", "p4binary8": "p3109_k8p4se"}
    for name, format_ in names.items():
        def code(value, name=name):
            return bitstring.Bits(**{name: value}).u
        yield Cast("bitstring", f"Bits({name}=...)", format_, "fp64", one_by_one(code),
                   f"bitstring.Bits({name}=float.fromhex('{{value}}')).u", slow=True)


def tinygrad_casts():
    from tinygrad import dtype as tiny
    names = {"fp8e4m3": "e4m3", "fp8e5m2": "e5m2", "fp8e4m3fnuz": "e4m3fnuz",
             "fp8e5m2fnuz": "e5m2fnuz"}
    for name, format_ in names.items():
        if not hasattr(tiny.dtypes, name):
            continue
        for source in ("fp32", "fp64"):
            def code(value, name=name):
                return tiny.float_to_fp8(value, getattr(tiny.dtypes, name))
            yield Cast("tinygrad", f"float_to_fp8(dtypes.{name})", format_, source,
                       one_by_one(code),
                       f"tinygrad.dtype.float_to_fp8(float.fromhex('{{value}}'), "
                       f"tinygrad.dtypes.{name})", slow=True)


def apytypes_casts():
    import apytypes
    for format_, exponent, mantissa in (("e5m2", 5, 2), ("e4m3ieee", 4, 3), ("e3m4ieee", 3, 4)):
        def codes(words, floats, exponent=exponent, mantissa=mantissa):
            array = apytypes.APyFloatArray.from_float(floats.astype(np.float64), exponent, mantissa)
            return np.array(array.to_bits(), np.int64)
        for source in ("fp32", "fp64"):
            yield Cast("apytypes", f"APyFloatArray.from_float(x, {exponent}, {mantissa})", format_,
                       source, codes,
                       f"apytypes.APyFloat.from_float(float.fromhex('{{value}}'), {exponent}, "
                       f"{mantissa}).to_bits()")
        for mode in ("TIES_AWAY", "TO_ZERO", "TO_POS", "TO_NEG"):
            def cast(words, floats, exponent=exponent, mantissa=mantissa, mode=mode):
                wide = apytypes.APyFloatArray.from_float(floats.astype(np.float64), 11, 52)
                quantization = getattr(apytypes.QuantizationMode, mode)
                return np.array(wide.cast(exponent, mantissa, quantization=quantization).to_bits(),
                                np.int64)
            yield Cast("apytypes", f"APyFloatArray.cast({exponent}, {mantissa}, {mode})", format_,
                       "fp32", cast,
                       f"apytypes.APyFloat.from_float(float.fromhex('{{value}}'), 11, 52).cast("
                       f"{exponent}, {mantissa}, quantization=apytypes.QuantizationMode.{mode})"
                       ".to_bits()")


def torchao_quantizers():
    import torch
    from torchao.prototype.mx_formats import mx_tensor, nvfp4_tensor
    from torchao.prototype.mx_formats.config import ScaleCalculationMode
    elements = {"mxfp8_e4m3": "torch.float8_e4m3fn", "mxfp8_e5m2": "torch.float8_e5m2",
                "mxfp4": "torch.float4_e2m1fn_x2"}
    for element, dtype in elements.items():
        for mode in ("floor", "ceil", "rceil", "even"):
            def codes(values, dtype=dtype, mode=mode):
                scale, data = mx_tensor.to_mx(torch.from_numpy(values), eval(dtype), 32,
                                              ScaleCalculationMode[mode.upper()])
                data = data.view(torch.uint8).numpy()
                if "float4" in dtype:
                    data = np.stack([data & 15, data >> 4], -1).reshape(values.shape)
                return data, scale.view(torch.uint8).numpy()
            yield Quantizer("torchao", f"to_mx({dtype.split('.')[1]}, 32, {mode.upper()})",
                            f"torchao_{element}_{mode}", codes,
                            "torchao.prototype.mx_formats.mx_tensor.to_mx(torch.tensor([{values}]),"
                            f" {dtype}, 32, torchao.prototype.mx_formats.config."
                            f"ScaleCalculationMode.{mode.upper()})")

    def one_level(values):
        scale, data = nvfp4_tensor.nvfp4_quantize(torch.from_numpy(values))
        data = data.view(torch.uint8).numpy()
        return (np.stack([data & 15, data >> 4], -1).reshape(values.shape),
                scale.view(torch.uint8).numpy().reshape(values.shape[0], -1))
    yield Quantizer("torchao", "nvfp4_quantize, one level", "torchao_nvfp4_1level", one_level,
                    "torchao.prototype.mx_formats.nvfp4_tensor.nvfp4_quantize("
                    "torch.tensor([{values}]))")


CASTS = {"ml_dtypes": ml_dtypes_casts, "torch": torch_casts, "torchao": torchao_casts,
         "onnx": onnx_casts, "gfloat": gfloat_casts, "bitstring": bitstring_casts,
         "tinygrad": tinygrad_casts, "apytypes": apytypes_casts}
QUANTIZERS = {"torchao": torchao_quantizers}

# What a line that repeats a witness begins with.
IMPORTS = {"ml_dtypes": "numpy as np, ml_dtypes", "torch": "torch",
           "torchao": "torch, torchao.prototype.mx_formats.mx_tensor, "
                      "torchao.prototype.mx_formats.nvfp4_tensor",
           "onnx": "numpy as np, onnx.reference.ops.op_cast", "gfloat": "gfloat.formats",
           "bitstring": "bitstring", "tinygrad": "tinygrad.dtype", "apytypes": "apytypes"}


def line(peer, expression):
    """One line of Python that prints what the peer gives."""
    return f"import {IMPORTS[peer]}; print({expression})"


def versions():
    """What is installed of the peers, and NumPy."""
    found = {}
    for name in ["numpy", *CASTS]:
        try:
            importlib.import_module(name)
            found[name] = importlib.metadata.version(name)
        except ImportError:
            pass
    return found
