// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Drives an mxfp4_quantizer, compares every code with the recipe mxfp4, and says of a broken one what
// it computes instead: each hypothesis is a model of its own, and one that explains all codes is
// the diagnosis.
module mxfp4_check
  import mxscope_pkg::*;
#(
    parameter string NAME = "",
    parameter bit HALF_UP = 0,
    parameter bit NO_CLAMP = 0,
    parameter bit CEIL_SCALE = 0,
    parameter int BLOCKS = 400
) (
    output bit done
);
  bit clk = 0;
  logic [31:0][15:0] values;
  logic [7:0] scale;
  logic [31:0][3:0] elements;
  mxfp4_quantizer #(.HALF_UP(HALF_UP), .NO_CLAMP(NO_CLAMP), .CEIL_SCALE(CEIL_SCALE)) dut (.*);

  // How many codes each hypothesis gets wrong.
  int wrong_elements = 0, wrong_scales = 0, wrong_below = 0;
  int wrong_ceil = 0, wrong_rceil = 0, wrong_away = 0, wrong_truncated = 0;
  string first = "";

  int unsigned words[32], expected[32], other[32];
  int unsigned expected_scale, other_scale;

  task automatic must(input int status);
    if (status != 0) $fatal(1, "%s", mxscope_dpi_error());
  endtask

  // bfloat16 numbers of every kind that a quantizer can stumble over.
  function automatic logic [31:0][15:0] make(input int block);
    logic [31:0][15:0] x;
    int exponent;
    exponent = $urandom_range(0, 250);
    for (int i = 0; i < 32; i++) begin
      case (block % 8)
        0: x[i] = 16'($urandom);
        1: x[i] = {1'($urandom), 8'(exponent + $urandom_range(0, 4)), 7'($urandom)};
        2: x[i] = {1'($urandom), 8'(exponent + $urandom_range(0, 4)), 2'($urandom), 5'd0};
        3: x[i] = {1'($urandom), 8'($urandom_range(0, 3)), 7'($urandom)};
        4: x[i] = i == 0 ? {1'b0, 8'(exponent + 4), 7'h7F} : {1'b1, 8'(exponent), 7'($urandom)};
        5: x[i] = i % 4 == 0 ? {1'($urandom), 8'(exponent + 2), 7'h40} : {1'($urandom), 15'd0};
        6: x[i] = {1'($urandom), 8'(exponent + 2), 7'h60 + 7'($urandom_range(0, 31))};
        default: x[i] = i == 7 ? 16'h7F80 + 16'($urandom_range(0, 1)) : 16'($urandom);
      endcase
    end
    return x;
  endfunction

  function automatic real as_real(input logic [15:0] x);
    real magnitude;
    magnitude = real'({x[14:7] != 0, x[6:0]}) *
        2.0 ** ((x[14:7] == 0 ? 1.0 : real'(int'(x[14:7]))) - 134.0);
    return x[15] ? -magnitude : magnitude;
  endfunction

  // The reference scale with another rounding of the elements.
  function automatic int misses(input string rounding);
    int count;
    int unsigned code;
    count = int'(int'(scale) != int'(expected_scale));
    for (int i = 0; i < 32; i++) begin
      code = expected[i];
      if (expected_scale != 255)
        must(mxscope_dpi_cast("e2m1", "ocp", rounding,
                              as_real(values[i]) / 2.0 ** (real'(int'(expected_scale)) - 127.0),
                              code));
      if (int'(elements[i]) != int'(code)) count++;
    end
    return count;
  endfunction

  function automatic int misses_of(input string recipe);
    int count;
    must(mxscope_dpi_quantize_block(recipe, words, other, other_scale));
    count = int'(int'(scale) != int'(other_scale));
    for (int i = 0; i < 32; i++) if (int'(elements[i]) != int'(other[i])) count++;
    return count;
  endfunction

  task automatic compare();
    real magnitude;
    must(mxscope_dpi_quantize_block("mxfp4", words, expected, expected_scale));
    if (int'(scale) != int'(expected_scale)) wrong_scales++;
    for (int i = 0; i < 32; i++)
      if (int'(elements[i]) != int'(expected[i])) begin
        wrong_elements++;
        magnitude = as_real({1'b0, values[i][14:0]}) /
            2.0 ** (real'(int'(expected_scale)) - 127.0);
        if (magnitude < 7.0) wrong_below++;
        if (first == "")
          first = $sformatf("bfloat16 %04x under scale %02x gives %01x, not %01x", values[i], scale,
                            elements[i], expected[i]);
      end
    wrong_ceil += misses_of("mxfp4_ceil");
    wrong_rceil += misses_of("mxfp4_rceil");
    wrong_away += misses("rna");
    wrong_truncated += misses("rtz");
  endtask

  function automatic string diagnosis();
    if (wrong_ceil == 0) return "the scale is rounded up: 2^ceil(log2 amax) / 4, recipe mxfp4_ceil";
    if (wrong_rceil == 0) return "the scale is amax / 6 rounded up, recipe mxfp4_rceil";
    if (wrong_away == 0) return "elements are rounded half away from zero, element.rounding = rna";
    if (wrong_truncated == 0) return "elements are truncated, element.rounding = rtz";
    if (wrong_scales == 0 && wrong_below == 0)
      return "only elements of 7 and more are wrong: overflow does not saturate";
    return "no hypothesis explains it";
  endfunction

  initial begin
    done = 0;
    for (int block = 0; block < BLOCKS; block++) begin
      values = make(block);
      for (int i = 0; i < 32; i++) words[i] = {values[i], 16'd0};
      #1 clk = 1;
      #1 clk = 0;
      #1 compare();
    end
    if (wrong_elements + wrong_scales == 0)
      $display("%s: PASS, %0d blocks as recipe mxfp4", NAME, BLOCKS);
    else
      $display("%s: FAIL, %0d elements and %0d scales of %0d blocks: %s; first, %s", NAME,
               wrong_elements, wrong_scales, BLOCKS, diagnosis(), first);
    done = 1;
  end
endmodule
