// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exact models of mxscope for testbenches: DPI-C imports over libmxscope. Compile it together
// with mxscope_dpi.c and link -lmxscope. Functions that return int give 0, or a status whose
// sentence mxscope_dpi_error() returns.
package mxscope_pkg;

  // A real number as a code: format "e2m1", policy "nv" ("" is the format's own), rounding "rna" ("" is
  // the policy's).
  import "DPI-C" function int mxscope_dpi_cast(
      input string format, input string policy, input string rounding, input real value,
      output int unsigned code);

  // The value of a code.
  import "DPI-C" function int mxscope_dpi_decode(
      input string format, input int unsigned code, output real value);

  // A block under a named recipe; values are binary32 patterns. Both arrays have one size.
  import "DPI-C" function int mxscope_dpi_quantize_block(
      input string recipe, input int unsigned values[], output int unsigned elements[],
      output int unsigned scale);

  // One output of a matrix instruction, c + the products along a and b; words as the unit's formats
  // store them. The scale arrays have one entry for each block, and are ignored without block scales.
  import "DPI-C" function int mxscope_dpi_dot_step(
      input string unit, input string a_format, input string b_format, input int unsigned a[],
      input int unsigned b[], input int unsigned a_scales[], input int unsigned b_scales[],
      input int unsigned c, output int unsigned d);

  import "DPI-C" function string mxscope_dpi_error();

endpackage
