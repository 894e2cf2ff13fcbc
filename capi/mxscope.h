/* SPDX-FileCopyrightText: 2026 The mxscope authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The exact models of mxscope for C, and for whatever calls C: casts, block quantizers, scale
 * layouts and matrix instructions, under the names that `mxscope formats | recipes | units` list.
 *
 * Every function may be called by any number of threads at once; nothing needs to be set up first.
 * Formats, recipes and units live as long as the library. What mxscope_mma_create() makes is the
 * caller's to free, and nothing else is. A call may use memory of its own, which it gives back.
 * No argument is undefined behaviour but a pointer to too little memory: the sizes are stated.
 * Inputs and outputs may not overlap unless a function says so.
 *
 * Functions that return int give an mxscope_status; mxscope_error() then says what is wrong and
 * what would fix it, of this thread's last call that failed. Outputs of a failed call are
 * unspecified, but for MXSCOPE_REFUSED. */
#ifndef MXSCOPE_H
#define MXSCOPE_H

#include <stddef.h>
#include <stdint.h>

#define MXSCOPE_ABI 1 /* the number of the shared library's SONAME */

#ifdef __cplusplus
extern "C" {
#endif

enum mxscope_status {
  MXSCOPE_OK = 0,
  MXSCOPE_BAD_ARGUMENT = 1, /* a null pointer, a size, a code or a field out of range */
  MXSCOPE_BAD_NAME = 2,     /* nothing is called so */
  MXSCOPE_UNSUPPORTED = 3,  /* each argument is right, but not together */
  MXSCOPE_REFUSED = 4,      /* a policy says "error" for an input; its code is 0 */
  MXSCOPE_NO_MEMORY = 5,
  MXSCOPE_INTERNAL = 6
};

typedef struct mxscope_format mxscope_format;
typedef struct mxscope_recipe mxscope_recipe;
typedef struct mxscope_unit mxscope_unit;
typedef struct mxscope_mma mxscope_mma;

const char* mxscope_version(void); /* "0.1.0" */
uint32_t mxscope_abi(void);        /* MXSCOPE_ABI of the library that runs */
const char* mxscope_error(void);   /* never null; valid until the thread's next failing call */

/* Formats ------------------------------------------------------------------------------------- */

typedef struct mxscope_format_info {
  const char* name;
  int32_t bits; /* of a code */
  int32_t exponent_bits, mantissa_bits, bias;
  int32_t storage_bits;  /* of the word that holds a code: 8, 16, 32 or 64 */
  int32_t storage_shift; /* word = code << storage_shift */
  uint8_t is_fixed;      /* two's complement instead of a float */
  uint8_t is_signed, has_zero, has_infinity, has_nan;
  uint8_t reserved[3];
} mxscope_format_info;

size_t mxscope_format_count(void);                     /* the P3109 families are not counted */
const mxscope_format* mxscope_format_at(size_t index); /* null beyond the end */
const mxscope_format* mxscope_find_format(const char* name); /* or alias; null if there is none */
int mxscope_format_describe(const mxscope_format* format, mxscope_format_info* info);

/* Policies: all that a conversion decides. Fields hold positions in the lists of values that
 * mxscope_policy_set() reads by name, and may be copied and compared. */

enum mxscope_rounding {
  MXSCOPE_NEAREST_EVEN = 0,
  MXSCOPE_NEAREST_AWAY = 1,
  MXSCOPE_TOWARD_ZERO = 2,
  MXSCOPE_UP = 3,
  MXSCOPE_DOWN = 4,
  MXSCOPE_TO_ODD = 5,
  MXSCOPE_NEAREST_LOG2 = 6,
  MXSCOPE_STOCHASTIC_A = 7,
  MXSCOPE_STOCHASTIC_B = 8,
  MXSCOPE_STOCHASTIC_C = 9,
  MXSCOPE_STOCHASTIC_ODD = 10,
  MXSCOPE_STOCHASTIC_CARRY = 11
};

enum mxscope_overflow {
  MXSCOPE_SATURATE = 0,
  MXSCOPE_TO_INFINITY = 1,
  MXSCOPE_TO_NAN = 2,
  MXSCOPE_REFUSE = 3
};

typedef struct mxscope_policy {
  int32_t rounding; /* enum mxscope_rounding */
  int32_t tie_p1;
  int32_t overflow; /* enum mxscope_overflow */
  int32_t directed_overflow;
  int32_t infinity; /* enum mxscope_overflow, of infinite inputs */
  int32_t nan, nan_sign, made_nan_sign;
  int32_t negative;
  int32_t zero, underflow, low_grid;
  int32_t reserved[4]; /* 0 */
} mxscope_policy;

/* A bundle for any format ("ocp", "nv", "ml_dtypes", ...); null or "": the format's own. */
int mxscope_find_policy(const mxscope_format* format, const char* name, mxscope_policy* policy);

/* A conversion of real software by its name in `mxscope conform list`, such as "nv_e4m3_sat". */
int mxscope_find_conversion(const char* name, const mxscope_format** format,
                            mxscope_policy* policy);

/* Sets a field by names: "rounding", "rtz"; "negative", "lowest". */
int mxscope_policy_set(mxscope_policy* policy, const char* field, const char* value);

/* Casts --------------------------------------------------------------------------------------- */

/* The random bits of stochastic rounding: `count` values below 2^bits, one for each input or one
 * for all. Null for the other modes. */
typedef struct mxscope_random {
  const uint32_t* values;
  size_t count;
  int32_t bits; /* 1..32 */
  int32_t reserved;
} mxscope_random;

/* `words` holds count words of the format's storage_bits. `refused` may be null; it gets the index
 * of the first input that the policy refuses (MXSCOPE_REFUSED), else count. */
int mxscope_cast_f32(const mxscope_format* format, const mxscope_policy* policy,
                     const mxscope_random* random, const float* values, size_t count, void* words,
                     size_t* refused);
int mxscope_cast_f64(const mxscope_format* format, const mxscope_policy* policy,
                     const mxscope_random* random, const double* values, size_t count, void* words,
                     size_t* refused);
/* From the words of "fp32", "fp64", "bf16" or "fp16". */
int mxscope_cast_words(const mxscope_format* format, const mxscope_policy* policy,
                       const mxscope_random* random, const mxscope_format* source,
                       const void* values, size_t count, void* words, size_t* refused);

/* The values of words, exactly; bits that no code has are ignored. MXSCOPE_UNSUPPORTED for a format
 * with values that binary32, or binary64, does not hold. */
int mxscope_decode_f32(const mxscope_format* format, const void* words, size_t count,
                       float* values);
int mxscope_decode_f64(const mxscope_format* format, const void* words, size_t count,
                       double* values);

/* Block quantizers ---------------------------------------------------------------------------- */

typedef struct mxscope_recipe_info {
  const char* name;
  const mxscope_format *element, *scale;
  int32_t block_rows, block_columns; /* 0: the whole extent */
  int32_t random_bits;               /* of each element, for stochastic recipes */
  uint8_t has_tensor_scale;
  uint8_t has_micro; /* HiF4's exponent bits: 24 for each block */
  uint8_t reserved[2];
} mxscope_recipe_info;

/* The float32 scale of a whole tensor: S to decode with, E to encode with. */
typedef struct mxscope_tensor_scale {
  float amax, decode, encode;
  uint32_t reserved; /* 0 */
} mxscope_tensor_scale;

/* Blocks are cut from a matrix's first element on and numbered by rows. */
typedef struct mxscope_grid {
  size_t block_rows, block_columns, row_blocks, column_blocks;
} mxscope_grid;

size_t mxscope_recipe_count(void);
const mxscope_recipe* mxscope_recipe_at(size_t index);
const mxscope_recipe* mxscope_find_recipe(const char* name);
int mxscope_recipe_describe(const mxscope_recipe* recipe, mxscope_recipe_info* info);
int mxscope_block_grid(const mxscope_recipe* recipe, size_t rows, size_t columns,
                       mxscope_grid* grid);

/* The scales that a tensor's largest magnitude gives; all 1 where the recipe has none. */
int mxscope_tensor_scale_of(const mxscope_recipe* recipe, float amax, mxscope_tensor_scale* scale);

/* One block of any size (HiF4: 64). One byte per element; `tensor` null: all 1; `random` null, or
 * `count` values below 2^random_bits; `micro` may be null where the recipe has none. */
int mxscope_quantize_block(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                           const uint32_t* random, const float* values, size_t count,
                           uint8_t* elements, uint32_t* scale, uint32_t* micro);
int mxscope_dequantize_block(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                             const uint8_t* elements, uint32_t scale, uint32_t micro, size_t count,
                             float* values);

/* A row-major matrix: rows * columns bytes of elements, a scale (and micro) for each block of the
 * grid. `tensor` null: found from the values; `used` may be null. `seed` is for stochastic recipes.
 */
int mxscope_quantize(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                     uint64_t seed, const float* values, size_t rows, size_t columns,
                     uint8_t* elements, uint32_t* scales, uint32_t* micro,
                     mxscope_tensor_scale* used);
int mxscope_dequantize(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                       const uint8_t* elements, const uint32_t* scales, const uint32_t* micro,
                       size_t rows, size_t columns, float* values);

/* Memory layouts ------------------------------------------------------------------------------ */

/* Codes of 4, 6 or 8 bits as a little-endian stream of bits; 0 for other widths. */
size_t mxscope_packed_bytes(int bits, size_t count);
int mxscope_pack(int bits, const uint8_t* codes, size_t count, uint8_t* bytes);
int mxscope_unpack(int bits, const uint8_t* bytes, size_t count, uint8_t* codes);

/* One byte per scale in tiles of 128 rows x 4 scales, as tcgen05 and cuBLAS read them. */
size_t mxscope_swizzled_bytes(size_t rows, size_t columns); /* 0 where that overflows */
int mxscope_swizzle_scales(size_t rows, size_t columns, const uint8_t* linear, uint8_t* swizzled);
int mxscope_unswizzle_scales(size_t rows, size_t columns, const uint8_t* swizzled, uint8_t* linear);

/* Matrix instructions ------------------------------------------------------------------------- */

typedef struct mxscope_unit_info {
  const char *name, *device, *target, *instruction;
  int32_t m, n, k; /* the smallest legal shape */
  int32_t step_k;  /* products in one fused step: the dot step */
} mxscope_unit_info;

typedef struct mxscope_mma_info {
  const mxscope_format *a, *b, *d, *scale; /* scale: null without block scales */
  int32_t block;                           /* elements along K for a scale; 0 without */
  int32_t reserved;
} mxscope_mma_info;

size_t mxscope_unit_count(void);
const mxscope_unit* mxscope_unit_at(size_t index);
const mxscope_unit* mxscope_find_unit(const char* name); /* or parts of it that leave one choice */
int mxscope_unit_describe(const mxscope_unit* unit, mxscope_unit_info* info);

/* A unit with its operand formats chosen; null or "" (block 0) for the unit's first. `fields` sets
 * unsettled points, "zero_products=counted,kept_bits=24"; it may be null. What is made does not
 * change, so threads may share it. On failure *mma is null. */
int mxscope_mma_create(const mxscope_unit* unit, const char* a, const char* b, const char* scale,
                       int block, const char* fields, mxscope_mma** mma);
void mxscope_mma_free(mxscope_mma* mma); /* null is no mistake */
int mxscope_mma_describe(const mxscope_mma* mma, mxscope_mma_info* info);

/* D = A B^T + C: `a` holds m rows of k words of A's storage, `b` n rows of k words of B's (the
 * columns of the product); scales are a byte each, ceil(k / block) for each row, or null. `c` and
 * `d` hold m x n words of D's storage; `c` may be null for zeros, or be `d`. K beyond one
 * instruction is a chain of them. m = n = 1 and k = step_k is one dot step. */
int mxscope_mma_run(const mxscope_mma* mma, size_t m, size_t n, size_t k, const void* a,
                    const uint8_t* a_scales, const void* b, const uint8_t* b_scales, const void* c,
                    void* d);

#ifdef __cplusplus
}
#endif

#endif
