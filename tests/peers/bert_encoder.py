# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0
"""BERT in NumPy, float32: its uncased tokenizer and its encoder, recording what each linear reads.

After Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), with the
parameter names and configuration keys of Hugging Face's BertModel.
"""
import math
import unicodedata

import numpy as np

# The tokenizer: BERT's, without case -------------------------------------------------------------

def is_punctuation(c):
    return c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" or unicodedata.category(c).startswith("P")


def is_ideograph(c):
    return unicodedata.name(c, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY"))


def split_words(text):
    """Lower case, no accents or control characters; punctuation and ideographs stand alone."""
    spaced = []
    for c in map(str.lower, unicodedata.normalize("NFD", text)):  # alone: a last sigma stays one
        category = unicodedata.category(c)
        if c in "\t\n\r":
            spaced.append(" ")
        elif is_punctuation(c) or is_ideograph(c):
            spaced.append(f" {c} ")
        elif category != "Mn" and not category.startswith("C") and c != "\ufffd":
            spaced.append(c)
    return "".join(spaced).split()


def token_ids(text, vocabulary):
    """WordPiece: each word as the longest pieces that the vocabulary has, from the left."""
    ids = [vocabulary["[CLS]"]]
    for word in split_words(text):
        pieces, start = [], 0
        while start < len(word) <= 100:
            prefix = "##" if start else ""
            end = next((end for end in range(len(word), start, -1)
                        if prefix + word[start:end] in vocabulary), None)
            if end is None:
                break
            pieces.append(vocabulary[prefix + word[start:end]])
            start = end
        ids += pieces if start == len(word) else [vocabulary["[UNK]"]]
    return [*ids[:255], vocabulary["[SEP]"]]


# The encoder -------------------------------------------------------------------------------------

# erf at multiples of 1/256 and its Taylor series between them: within 1e-11.
ERF_GRID = np.arange(-6 * 256, 6 * 256 + 1) / 256
ERF_VALUES = np.array([math.erf(x) for x in ERF_GRID])


def erf(x):
    x = np.clip(x.astype(np.float64), -6, 6)
    nearest = np.rint(x * 256).astype(np.int64) + 6 * 256
    at = ERF_GRID[nearest]
    d = x - at
    slope = 2 / math.sqrt(math.pi) * np.exp(-at * at)
    return ERF_VALUES[nearest] + slope * d * (1 - at * d + (2 * at * at - 1) * d * d * (1 / 3))


def gelu(x):
    return (0.5 * x * (1 + erf(x / math.sqrt(2)))).astype(np.float32)


class Encoder:
    """BertModel on one sentence at a time, so nothing is padded; records every linear's input."""

    def __init__(self, parameters, config):
        """What the model's model.safetensors, by name, and config.json hold."""
        self.parameters = parameters
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]
        self.inputs = {}

    def weights(self):
        return {name: array for name, array in self.parameters.items()
                if array.ndim == 2 and "embeddings" not in name}

    def linear(self, name, x):
        self.inputs.setdefault(f"{name}.input", []).append(x)
        return x @ self.parameters[f"{name}.weight"].T + self.parameters[f"{name}.bias"]

    def layer_norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(-1, keepdims=True) + self.epsilon)
        return (centred / deviation * self.parameters[f"{name}.weight"]
                + self.parameters[f"{name}.bias"])

    def attention(self, name, x):
        q, k, v = (self.linear(f"{name}.{part}", x).reshape(len(x), self.heads, -1).swapaxes(0, 1)
                   for part in ("query", "key", "value"))
        scores = q @ k.swapaxes(1, 2) / np.float32(math.sqrt(q.shape[-1]))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = scores / scores.sum(-1, keepdims=True) @ v
        return mixed.swapaxes(0, 1).reshape(x.shape)

    def encode(self, x):
        """What the layers make of embedded tokens, both [tokens, channels]."""
        for layer in (f"encoder.layer.{i}" for i in range(self.layers)):
            mixed = self.attention(f"{layer}.attention.self", x)
            x = self.layer_norm(f"{layer}.attention.output.LayerNorm",
                                x + self.linear(f"{layer}.attention.output.dense", mixed))
            wide = gelu(self.linear(f"{layer}.intermediate.dense", x))
            x = self.layer_norm(f"{layer}.output.LayerNorm",
                                x + self.linear(f"{layer}.output.dense", wide))
        return x

    def __call__(self, ids):
        """The last hidden states, [tokens, channels]."""
        x = self.layer_norm("embeddings.LayerNorm",
                            self.parameters["embeddings.word_embeddings.weight"][ids]
                            + self.parameters["embeddings.position_embeddings.weight"][:len(ids)]
                            + self.parameters["embeddings.token_type_embeddings.weight"][0])
        x = self.encode(x)
        self.linear("pooler.dense", x[:1])
        return x
