// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// 32 bfloat16 numbers to a block of MXFP4 (OCP MX v1.0, 6.3): E2M1 elements, to nearest even and
// saturating, under the E8M0 scale 2^(floor(log2 amax) - 2). One cycle, a NaN block for a block
// with a NaN or an infinity. The parameters plant bugs, to show that a testbench finds them.
module mxfp4_quantizer #(
    parameter bit HALF_UP = 0,     // ties go away from zero
    parameter bit NO_CLAMP = 0,    // what rounds past 6 wraps
    parameter bit CEIL_SCALE = 0   // 2^(ceil(log2 amax) - 2)
) (
    input  logic              clk,
    input  logic [31:0][15:0] values,
    output logic [7:0]        scale,
    output logic [31:0][3:0]  elements
);
  // Magnitudes of bfloat16 are ordered as integers.
  logic [14:0] amax;
  always_comb begin
    amax = '0;
    for (int i = 0; i < 32; i++) if (values[i][14:0] > amax) amax = values[i][14:0];
  end
  wire not_finite = amax >= 15'h7F80;

  // Above 2^-126, the exponent field is floor(log2) + 127; below, the scale is the least one.
  wire [7:0] up = {7'd0, CEIL_SCALE && amax[6:0] != 0};
  wire [7:0] exponent = amax[14:7] + up;
  wire [7:0] shared = exponent <= 2 ? 8'd0 : exponent - 8'd2;

  // |x| / scale in units of 2^-13 (8 bits of significand, 8 below), the last one sticky; amax has its
  // leading bit in place 15, worth 4, or lower.
  function automatic logic [15:0] scaled(input logic [14:0] x, input logic [7:0] s);
    logic [7:0] field, significand, distance;
    logic [15:0] wide, kept;
    field = x[14:7] == 0 ? 8'd1 : x[14:7];
    significand = {x[14:7] != 0, x[6:0]};
    distance = s + 8'd2 - field;
    wide = {significand, 8'd0};
    kept = distance > 15 ? '0 : wide >> distance;
    if ((distance > 15 ? '0 : kept << distance) != wide) kept[0] = 1;
    return kept;
  endfunction

  // The code counts the middles of two neighbours that lie below; a tie goes to the even code.
  function automatic logic [2:0] rounded(input logic [15:0] x);
    logic [15:0] middle[7];
    logic [3:0] code;
    middle = '{16'd2048, 16'd6144, 16'd10240, 16'd14336, 16'd20480, 16'd28672, 16'd40960};
    code = 0;
    for (int i = 0; i < 7; i++)
      if (x > middle[i] || (x == middle[i] && (HALF_UP || i % 2 == 1))) code = code + 1;
    if (NO_CLAMP && x >= 16'd57344) code = 8;  // 7 and more are nearer to 8
    return code[2:0];
  endfunction

  always_ff @(posedge clk) begin
    scale <= not_finite ? 8'hFF : shared;
    for (int i = 0; i < 32; i++)
      elements[i] <= not_finite ? 4'd7 : {values[i][15], rounded(scaled(values[i][14:0], shared))};
  end
endmodule
