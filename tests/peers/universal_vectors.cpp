// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Writes tests/vectors/fp32_un.tsv by running Universal's microfloat and e8m0.
//
//   g++ -std=c++20 -I UNIVERSAL/include/sw -DCOMMIT='"..."' tests/peers/universal_vectors.cpp -o un
//   ./un < WORDS > tests/vectors/fp32_un.tsv
//
// WORDS as for nvidia_vectors.cpp.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <universal/number/e8m0/e8m0.hpp>
#include <universal/number/microfloat/microfloat.hpp>

namespace {

struct Column {
  const char* name;
  unsigned (*convert)(float);
};

template <typename Type>
unsigned code(float x) {
  Type value;
  value.from_float(x);
  return static_cast<unsigned>(value.bits());
}

unsigned scale_code(float x) {
  const sw::universal::e8m0 value(x);
  return static_cast<unsigned>(value.bits());
}

constexpr Column kColumns[] = {
    {"un_e4m3", code<sw::universal::e4m3>}, {"un_e5m2", code<sw::universal::e5m2>},
    {"un_e3m2", code<sw::universal::e3m2>}, {"un_e2m3", code<sw::universal::e2m3>},
    {"un_e2m1", code<sw::universal::e2m1>}, {"un_e8m0", scale_code},
};

}  // namespace

int main() {
  std::printf(
      "# Universal %.12s, microfloat and e8m0, run by tests/peers/universal_vectors.cpp\nfp32",
      COMMIT);
  for (const Column& column : kColumns) std::printf("\t%s", column.name);
  std::printf("\n");
  for (unsigned word = 0; std::scanf("%x", &word) == 1;) {
    float x = 0;
    std::memcpy(&x, &word, sizeof x);
    std::printf("%08x", word);
    for (const Column& column : kColumns) std::printf("\t%02x", column.convert(x));
    std::printf("\n");
  }
}
