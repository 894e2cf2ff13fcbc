/* SPDX-FileCopyrightText: 2026 The mxscope authors
 * SPDX-License-Identifier: Apache-2.0
 * What mxscope_pkg.sv imports: libmxscope with the argument types of DPI-C (IEEE 1800-2017, 35 and
 * annex H). Compiled by the simulator's own flow, because svdpi.h is the simulator's; some flows
 * take every source for C++. */
#include <mxscope.h>
#include <svdpi.h>

#ifdef __cplusplus
#define PER_THREAD thread_local
extern "C" {
#else
#define PER_THREAD _Thread_local
#endif

enum { MOST = 4096 }; /* elements of a block or of a dot product */

static PER_THREAD char text[160];

/* A failure of this file's own; those of the library have a sentence already. */
static int refused(const char* why) {
  size_t i = 0;
  for (; why[i] != '\0' && i + 1 < sizeof text; ++i) text[i] = why[i];
  text[i] = '\0';
  return MXSCOPE_BAD_ARGUMENT;
}

static int done(int status) {
  text[0] = '\0';
  return status;
}

const char* mxscope_dpi_error(void) { return text[0] != '\0' ? text : mxscope_error(); }

static uint32_t* element(const svOpenArrayHandle array, int i) {
  return (uint32_t*)svGetArrElemPtr1(array, svLow(array, 1) + i);
}

int mxscope_dpi_cast(const char* format, const char* policy, const char* rounding, double value,
                     unsigned int* code) {
  const mxscope_format* target = mxscope_find_format(format);
  mxscope_policy rules;
  uint64_t word = 0;
  mxscope_format_info info;
  int status = target == NULL ? MXSCOPE_BAD_NAME : mxscope_format_describe(target, &info);
  *code = 0;
  if (status == MXSCOPE_OK) status = mxscope_find_policy(target, policy, &rules);
  if (status == MXSCOPE_OK && rounding != NULL && rounding[0] != '\0')
    status = mxscope_policy_set(&rules, "rounding", rounding);
  if (status == MXSCOPE_OK && info.storage_bits > 32) return refused("codes have more than 32 bits");
  if (status == MXSCOPE_OK)
    status = mxscope_cast_f64(target, &rules, NULL, &value, 1, &word, NULL);
  if (status == MXSCOPE_OK) *code = (unsigned int)(word >> info.storage_shift);
  return done(status);
}

int mxscope_dpi_decode(const char* format, unsigned int code, double* value) {
  const mxscope_format* source = mxscope_find_format(format);
  mxscope_format_info info;
  uint64_t word;
  int status = source == NULL ? MXSCOPE_BAD_NAME : mxscope_format_describe(source, &info);
  *value = 0;
  if (status != MXSCOPE_OK) return done(status);
  word = (uint64_t)code << info.storage_shift;
  return done(mxscope_decode_f64(source, &word, 1, value));
}

int mxscope_dpi_quantize_block(const char* recipe, const svOpenArrayHandle values,
                               const svOpenArrayHandle elements, unsigned int* scale) {
  const mxscope_recipe* found = mxscope_find_recipe(recipe);
  const int count = svSize(values, 1);
  union {
    uint32_t word;
    float value;
  } input;
  float block[MOST];
  uint8_t codes[MOST];
  uint32_t code = 0;
  int status;
  *scale = 0;
  if (count > MOST || svSize(elements, 1) != count)
    return refused("values and elements are arrays of one size, at most 4096");
  if (found == NULL) return done(MXSCOPE_BAD_NAME);
  for (int i = 0; i < count; ++i) {
    input.word = *element(values, i);
    block[i] = input.value;
  }
  status = mxscope_quantize_block(found, NULL, NULL, block, (size_t)count, codes, &code, NULL);
  for (int i = 0; i < count; ++i) *element(elements, i) = status == MXSCOPE_OK ? codes[i] : 0;
  *scale = code;
  return done(status);
}

/* The low bytes of an array's entries, `bytes` each. */
static void gather(const svOpenArrayHandle array, int bytes, uint8_t* out) {
  for (int i = 0; i < svSize(array, 1); ++i)
    for (int b = 0; b < bytes; ++b) out[i * bytes + b] = (uint8_t)(*element(array, i) >> 8 * b);
}

int mxscope_dpi_dot_step(const char* unit, const char* a_format, const char* b_format,
                         const svOpenArrayHandle a, const svOpenArrayHandle b,
                         const svOpenArrayHandle a_scales, const svOpenArrayHandle b_scales,
                         unsigned int c, unsigned int* d) {
  const mxscope_unit* found = mxscope_find_unit(unit);
  mxscope_mma* mma = NULL;
  mxscope_mma_info info;
  mxscope_format_info of_a, of_b, of_d;
  uint8_t a_words[MOST * 4], b_words[MOST * 4], a_bytes[MOST], b_bytes[MOST];
  const int count = svSize(a, 1);
  int status = MXSCOPE_BAD_NAME;
  *d = 0;
  if (count > MOST || svSize(b, 1) != count)
    return refused("a and b are arrays of one size, at most 4096");
  if (found != NULL)
    status = mxscope_mma_create(found, a_format, b_format, NULL, 0, NULL, &mma);
  if (status == MXSCOPE_OK) {
    (void)mxscope_mma_describe(mma, &info);
    (void)mxscope_format_describe(info.a, &of_a);
    (void)mxscope_format_describe(info.b, &of_b);
    (void)mxscope_format_describe(info.d, &of_d);
    const int scales = info.block == 0 ? 0 : (count + info.block - 1) / info.block;
    if (of_a.storage_bits > 32 || of_b.storage_bits > 32 || of_d.storage_bits > 32) {
      mxscope_mma_free(mma);
      return refused("words have more than 32 bits");
    }
    if (scales > 0 && (svSize(a_scales, 1) != scales || svSize(b_scales, 1) != scales)) {
      mxscope_mma_free(mma);
      return refused("a scale is needed for each block along a and b");
    }
    gather(a, of_a.storage_bits / 8, a_words);
    gather(b, of_b.storage_bits / 8, b_words);
    if (scales > 0) {
      gather(a_scales, 1, a_bytes);
      gather(b_scales, 1, b_bytes);
    }
    status = mxscope_mma_run(mma, 1, 1, (size_t)count, a_words, a_bytes, b_words, b_bytes, &c, d);
  }
  mxscope_mma_free(mma);
  return done(status);
}

#ifdef __cplusplus
}
#endif
