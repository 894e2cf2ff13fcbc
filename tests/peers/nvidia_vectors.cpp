// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Writes tests/vectors/fp32_nv.tsv by running the host conversions of NVIDIA's CUDA headers.
//
//   g++ -std=c++17 -isystem CUDA/include tests/peers/nvidia_vectors.cpp -o nvidia_vectors
//   ./nvidia_vectors < WORDS > tests/vectors/fp32_nv.tsv
//
// WORDS: binary32 patterns in hex, one a line; the first columns of the other tables there serve.
#include <cuda_fp4.h>
#include <cuda_fp6.h>
#include <cuda_fp8.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {

struct Column {
  const char* name;
  unsigned (*convert)(float);
};

template <__nv_saturation_t kSaturation, __nv_fp8_interpretation_t kKind>
unsigned fp8(float x) {
  return __nv_cvt_float_to_fp8(x, kSaturation, kKind);
}

template <__nv_fp6_interpretation_t kKind, cudaRoundMode kMode>
unsigned fp6(float x) {
  return __nv_cvt_float_to_fp6(x, kKind, kMode) & 0x3FU;
}

template <cudaRoundMode kMode>
unsigned fp4(float x) {
  return __nv_cvt_float_to_fp4(x, __NV_E2M1, kMode) & 0xFU;
}

template <__nv_saturation_t kSaturation, cudaRoundMode kMode>
unsigned e8m0(float x) {
  return __nv_cvt_float_to_e8m0(x, kSaturation, kMode);
}

constexpr Column kColumns[] = {
    {"nv_e4m3_sat", fp8<__NV_SATFINITE, __NV_E4M3>},
    {"nv_e4m3_nosat", fp8<__NV_NOSAT, __NV_E4M3>},
    {"nv_e5m2_sat", fp8<__NV_SATFINITE, __NV_E5M2>},
    {"nv_e5m2_nosat", fp8<__NV_NOSAT, __NV_E5M2>},
    {"nv_e2m3_rn", fp6<__NV_E2M3, cudaRoundNearest>},
    {"nv_e2m3_rz", fp6<__NV_E2M3, cudaRoundZero>},
    {"nv_e3m2_rn", fp6<__NV_E3M2, cudaRoundNearest>},
    {"nv_e3m2_rz", fp6<__NV_E3M2, cudaRoundZero>},
    {"nv_e2m1_rn", fp4<cudaRoundNearest>},
    {"nv_e2m1_rz", fp4<cudaRoundZero>},
    {"nv_e8m0_rz_sat", e8m0<__NV_SATFINITE, cudaRoundZero>},
    {"nv_e8m0_rp_sat", e8m0<__NV_SATFINITE, cudaRoundPosInf>},
    {"nv_e8m0_rz_nosat", e8m0<__NV_NOSAT, cudaRoundZero>},
    {"nv_e8m0_rp_nosat", e8m0<__NV_NOSAT, cudaRoundPosInf>},
};

}  // namespace

int main() {
  std::printf("# CUDA %d.%d cuda_fp4.h, cuda_fp6.h and cuda_fp8.h, host functions, ",
              CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
  std::printf("run by tests/peers/nvidia_vectors.cpp\nfp32");
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
