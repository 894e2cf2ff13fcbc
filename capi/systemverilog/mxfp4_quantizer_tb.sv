// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The quantizer, and one with each planted bug. With Verilator, from this folder:
//
//   $ verilator --binary --timescale 1ns/1ns --top-module mxfp4_quantizer_tb -LDFLAGS -lmxscope
//     mxscope_pkg.sv mxfp4_quantizer.sv mxfp4_check.sv mxfp4_quantizer_tb.sv mxscope_dpi.c
module mxfp4_quantizer_tb
  import mxscope_pkg::*;
;
  bit [3:0] done;
  mxfp4_check #(.NAME("right")) right (.done(done[0]));
  mxfp4_check #(.NAME("half up"), .HALF_UP(1)) half_up (.done(done[1]));
  mxfp4_check #(.NAME("no clamp"), .NO_CLAMP(1)) no_clamp (.done(done[2]));
  mxfp4_check #(.NAME("ceil scale"), .CEIL_SCALE(1)) ceil_scale (.done(done[3]));

  int unsigned ones[32], none[1] = '{0}, d, code;
  real value;
  initial begin
    wait (&done);
    // The other imports: 32 products of 1 in E4M3, plus 0.5; a name that nothing has.
    foreach (ones[i]) ones[i] = 32'h38;
    if (mxscope_dpi_dot_step("sm90.wgmma.fp8", "e4m3", "e4m3", ones, ones, none, none, 32'h3F000000,
                             d) != 0)
      $fatal(1, "%s", mxscope_dpi_error());
    void'(mxscope_dpi_decode("fp32", d, value));
    $display("dot step: %0.1f", value);
    if (mxscope_dpi_cast("e2m9", "", "", 1.0, code) == 0) $fatal(1, "e2m9 has a code, %0d", code);
    $display("error: %s", mxscope_dpi_error());
    $finish;
  end
endmodule
