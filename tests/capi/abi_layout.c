/* SPDX-FileCopyrightText: 2026 The mxscope authors
 * SPDX-License-Identifier: Apache-2.0
 * The binary interface as a C compiler sees it, fixed: a change here is a new MXSCOPE_ABI. */
#include "capi/mxscope.h"

#include <assert.h>
#include <stddef.h>

#define FIXED_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#define FIXED_PLACE(type, field, place) \
  static_assert(offsetof(type, field) == (place), #type "." #field)

FIXED_SIZE(mxscope_format_info, 40);
FIXED_PLACE(mxscope_format_info, bits, 8);
FIXED_PLACE(mxscope_format_info, exponent_bits, 12);
FIXED_PLACE(mxscope_format_info, mantissa_bits, 16);
FIXED_PLACE(mxscope_format_info, bias, 20);
FIXED_PLACE(mxscope_format_info, storage_bits, 24);
FIXED_PLACE(mxscope_format_info, storage_shift, 28);
FIXED_PLACE(mxscope_format_info, is_fixed, 32);
FIXED_PLACE(mxscope_format_info, has_nan, 36);

FIXED_SIZE(mxscope_policy, 64);
FIXED_PLACE(mxscope_policy, overflow, 8);
FIXED_PLACE(mxscope_policy, infinity, 16);
FIXED_PLACE(mxscope_policy, nan, 20);
FIXED_PLACE(mxscope_policy, negative, 32);
FIXED_PLACE(mxscope_policy, low_grid, 44);
FIXED_PLACE(mxscope_policy, reserved, 48);

FIXED_SIZE(mxscope_random, 24);
FIXED_PLACE(mxscope_random, count, 8);
FIXED_PLACE(mxscope_random, bits, 16);

FIXED_SIZE(mxscope_recipe_info, 40);
FIXED_PLACE(mxscope_recipe_info, element, 8);
FIXED_PLACE(mxscope_recipe_info, scale, 16);
FIXED_PLACE(mxscope_recipe_info, block_rows, 24);
FIXED_PLACE(mxscope_recipe_info, random_bits, 32);
FIXED_PLACE(mxscope_recipe_info, has_tensor_scale, 36);

FIXED_SIZE(mxscope_tensor_scale, 16);
FIXED_PLACE(mxscope_tensor_scale, decode, 4);
FIXED_PLACE(mxscope_tensor_scale, encode, 8);

FIXED_SIZE(mxscope_grid, 32);
FIXED_PLACE(mxscope_grid, row_blocks, 16);

FIXED_SIZE(mxscope_unit_info, 48);
FIXED_PLACE(mxscope_unit_info, instruction, 24);
FIXED_PLACE(mxscope_unit_info, m, 32);
FIXED_PLACE(mxscope_unit_info, step_k, 44);

FIXED_SIZE(mxscope_mma_info, 40);
FIXED_PLACE(mxscope_mma_info, scale, 24);
FIXED_PLACE(mxscope_mma_info, block, 32);

/* Also called by the C++ tests, to show that the header means the same to both compilers. */
size_t c_size_of_policy(void);
size_t c_size_of_policy(void) { return sizeof(mxscope_policy); }
