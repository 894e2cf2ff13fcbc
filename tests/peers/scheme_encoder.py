#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""A real encoder with quantized linear layers: how much of its sentence embeddings is left.

The encoder is that of make_real_tensors.py, all-MiniLM-L6-v2. For each scheme, some sentences
calibrate a plan (mxscope calibrate-scheme); then other sentences run with every linear layer of the
encoder computed by mxscope run-scheme, which quantizes activations and weights and multiplies them
as the scheme's matrix units do. Biases are added in float32, after the scheme's own output rounding.
Embeddings are means over tokens, of length one. Against those of the float32 encoder:
  cosine    between an embedding and its float32 one: mean and least
  Spearman  between all sentences' pairwise similarities and the float32 ones
  nearest   share of sentences whose most similar other sentence is the same one
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import make_real_tensors as real  # sets the threads and imports NumPy
    import numpy as np
    from bert_encoder import Encoder, token_ids
except SystemExit:
    print("skipped", file=sys.stderr)
    sys.exit(77)

EXAMPLES = """examples:
  .venv/bin/python tests/peers/scheme_encoder.py
  .venv/bin/python tests/peers/scheme_encoder.py --schemes nvfp4,arcquant,micromix_main --json r.json

exit codes: 0 done; 1 bfloat16 layers already differ, so the layers are put together wrongly; 2 bad
usage; 77 skipped, the package is not in the cache and pip cannot get it, or NumPy is missing
"""
DEFAULT = ("bf16,mxfp8,fp8_token,int8_token,smoothquant_int8,mxfp6_e2m3,micromix_paper,"
           "micromix_arcquant,nvfp4,nvfp4_4over6,nvfp4_ordered,arcquant_paper,arcquant,"
           "trtllm_arcquant,arcquant_32,smoothquant_nvfp4,quarot_nvfp4,hadamard16_nvfp4,gptq_nvfp4,"
           "mr_gptq_nvfp4,svdquant_nvfp4,hif4,mxfp4,mxfp4_rceil,quarot_mxfp4,hadamard32_mxfp4,"
           "mr_gptq_mxfp4,atom")


class BatchedEncoder(Encoder):
    """All sentences at once: linear layers see every token, attention its own sentence's."""

    def run(self, sentences):
        self.bounds = np.cumsum([0] + [len(ids) for ids in sentences])
        ids = np.concatenate(sentences)
        places = np.concatenate([np.arange(len(s)) for s in sentences])
        p = self.parameters
        x = self.layer_norm("embeddings.LayerNorm",
                            p["embeddings.word_embeddings.weight"][ids]
                            + p["embeddings.position_embeddings.weight"][places]
                            + p["embeddings.token_type_embeddings.weight"][0])
        x = self.encode(x)
        means = np.array([x[a:b].mean(0) for a, b in zip(self.bounds, self.bounds[1:])])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def attention(self, name, x):
        parts = [self.linear(f"{name}.{part}", x) for part in ("query", "key", "value")]
        out = np.empty_like(x)
        for a, b in zip(self.bounds, self.bounds[1:]):
            q, k, v = (y[a:b].reshape(b - a, self.heads, -1).swapaxes(0, 1) for y in parts)
            scores = q @ k.swapaxes(1, 2) / np.float32(np.sqrt(q.shape[-1]))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = scores / scores.sum(-1, keepdims=True) @ v
            out[a:b] = mixed.swapaxes(0, 1).reshape(b - a, -1)
        return out


class SchemeEncoder(BatchedEncoder):
    """Linear layers by mxscope run-scheme."""

    def __init__(self, parameters, config, mxscope, folder, plan, calibration):
        super().__init__(parameters, config)
        self.mxscope, self.folder = mxscope, folder
        self.plan, self.calibration = plan, calibration
        self.bits = []

    def linear(self, name, x):
        weights = self.folder / f"{name}.safetensors"
        if not weights.exists():
            real.write_safetensors(weights, {f"{name}.weight": self.parameters[f"{name}.weight"]},
                                   {}, False)
        activations, output = self.folder / "x.safetensors", self.folder / "y.npy"
        real.write_safetensors(activations, {f"{name}.input": np.ascontiguousarray(x, np.float32)},
                               {}, False)
        said = mxscope(self.mxscope, "run-scheme", self.plan, "--activations", activations,
                       "--weights", weights, "--calibration", self.calibration, "-o", output,
                       "--json")
        layer, = json.loads(said)["layers"]
        self.bits.append((layer["activation_bits"], layer["weight_bits"]))
        return np.load(output) + self.parameters[f"{name}.bias"]


def mxscope(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise real.Failure(2, done.stderr.strip())
    return done.stdout


def ranks(values):
    return np.argsort(np.argsort(values))


def agreement(found, reference):
    """Of embeddings with the float32 ones."""
    cosines = (found * reference).sum(1)
    upper = np.triu_indices(len(reference), 1)
    a, b = found @ found.T, reference @ reference.T
    spearman = np.corrcoef(ranks(a[upper]), ranks(b[upper]))[0, 1]
    for similarities in (a, b):
        np.fill_diagonal(similarities, -2)
    return {"cosine": float(cosines.mean()), "least_cosine": float(cosines.min()),
            "spearman": float(spearman),
            "nearest": float((a.argmax(1) == b.argmax(1)).mean())}


def load(arguments):
    with real.open_wheel(arguments.cache) as wheel:
        parameters = real.read_safetensors(wheel.read(real.MODEL + "model.safetensors"))
        config = json.loads(wheel.read(real.MODEL + "config.json"))
        words = wheel.read(real.MODEL + "vocab.txt").decode("utf-8").split("\n")
    return parameters, config, {word: i for i, word in enumerate(words)}


def measure(arguments):
    parameters, config, vocabulary = load(arguments)
    real.check_encoder(Encoder(parameters, config), vocabulary)
    sentences = real.choose_sentences(arguments.calibration + arguments.sentences)
    ids = [token_ids(s, vocabulary) for s in sentences]
    calibration, judged = ids[:arguments.calibration], ids[arguments.calibration:]
    if len(judged) < 2:
        raise real.Failure(2, "this machine has too few sentences; ask for fewer with --calibration")
    encoder = BatchedEncoder(parameters, config)
    encoder.run(calibration)
    inputs = {name: np.concatenate(xs) for name, xs in encoder.inputs.items()}
    reference = encoder.run(judged)
    print(f"calibrated on {len(calibration)} sentences, judged on {len(judged)} of "
          f"{sum(map(len, judged))} tokens; {len(inputs)} linear layers\n")
    print(f"{'scheme':<18}  bits x  bits w  {'cosine':>8}  {'least':>8}  Spearman  nearest",
          flush=True)
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        activations, weights = folder / "calibration.safetensors", folder / "weights.safetensors"
        real.write_safetensors(activations, inputs, {}, False)
        real.write_safetensors(weights, {n.removesuffix("input") + "weight":
                                         parameters[n.removesuffix("input") + "weight"]
                                         for n in inputs}, {}, False)
        for scheme in arguments.schemes.split(","):
            plan = folder / "plan.json"
            try:
                mxscope(arguments.mxscope, "calibrate-scheme", scheme, "--activations", activations,
                        "--weights", weights, "-o", plan)
                quantized = SchemeEncoder(parameters, config, arguments.mxscope, folder, plan,
                                          activations)
                row = agreement(quantized.run(judged), reference)
            except real.Failure as failure:
                print(f"{scheme:<18}  {failure}", flush=True)
                results.append({"scheme": scheme, "problem": str(failure)})
                continue
            row["bits"] = list(np.mean(quantized.bits, 0))
            print(f"{scheme:<18}  {row['bits'][0]:6.3f}  {row['bits'][1]:6.3f}  "
                  f"{row['cosine']:8.5f}  {row['least_cosine']:8.5f}  {row['spearman']:8.5f}  "
                  f"{row['nearest']:7.1%}", flush=True)
            results.append({"scheme": scheme, **row})
            if scheme == "bf16" and row["least_cosine"] < 0.999:
                raise real.Failure(1, "bfloat16 layers give other embeddings than float32 ones")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mxscope", default=str(real.ROOT / "build" / "release" / "mxscope"),
                        help="the program (build/release/mxscope)")
    parser.add_argument("--cache", type=pathlib.Path, default=real.ROOT / "build" / "real",
                        help="folder of the downloaded package (build/real)")
    parser.add_argument("--schemes", default=DEFAULT, metavar="NAME,NAME...",
                        help="which schemes (%(default)s)")
    parser.add_argument("--sentences", type=real.number(int, 2, 2000), default=60, metavar="N",
                        help="how many are judged (60)")
    parser.add_argument("--calibration", type=real.number(int, 1, 2000), default=60, metavar="N",
                        help="how many others calibrate (60)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers, too")
    arguments = parser.parse_args()
    try:
        arguments.cache.mkdir(parents=True, exist_ok=True)
        measure(arguments)
    except real.Failure as failure:
        print(f"scheme_encoder.py: {failure}", file=sys.stderr)
        if failure.code == 4:
            print("skipped", file=sys.stderr)
            return 77
        return failure.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
