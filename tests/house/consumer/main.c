/* SPDX-FileCopyrightText: 2026 The mxscope authors
 * SPDX-License-Identifier: Apache-2.0
 * A stranger's C program: an installed mxscope.h and libmxscope, and nothing else. */
#include <mxscope.h>
#include <stdio.h>

int main(void) {
  static const float values[4] = {1.0F, -0.3F, 448.0F, 1e9F};
  const mxscope_format* e4m3 = mxscope_find_format("e4m3");
  mxscope_policy policy;
  uint8_t codes[4];
  if (mxscope_abi() != MXSCOPE_ABI || mxscope_find_policy(e4m3, "nv", &policy) != MXSCOPE_OK ||
      mxscope_cast_f32(e4m3, &policy, NULL, values, 4, codes, NULL) != MXSCOPE_OK) {
    fprintf(stderr, "%s\n", mxscope_error());
    return 1;
  }
  printf("%02x %02x %02x %02x\n", codes[0], codes[1], codes[2], codes[3]);
  return mxscope_find_format("e4m4") == NULL ? 0 : 1;
}
