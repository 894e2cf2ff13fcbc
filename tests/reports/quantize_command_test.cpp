// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope quantize and dequantize: what is in the file, that it decodes, and bad input.
#include <csignal>

#include "kernels/tensor_quantizer.h"
#include "reports/quantized_metadata.h"
#include "spec/error.h"
#include "spec/packing.h"
#include "spec/recipes.h"
#include "spec/scale_layout.h"
#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"
#include "tests/reports/signal_ready.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;
using Shape = std::vector<std::uint64_t>;

/// A 2 x 3 x 40 tensor, a bias, and integers.
std::string model() {
  return made_file({{"w", "F32", "[2,3,40]", raw(made_floats(240, 1))},
                    {"bias", "F32", "[10]", raw(made_floats(10, 2))},
                    {"ids", "I32", "[3]", raw(std::vector<std::int32_t>{1, 2, 3})}});
}

std::vector<std::uint8_t> bytes_of(const TensorView& tensor) {
  std::vector<std::uint8_t> out(tensor.data.size());
  std::memcpy(out.data(), tensor.data.data(), out.size());
  return out;
}

std::vector<float> floats_of(const TensorView& tensor) {
  std::vector<float> out(tensor.data.size() / 4);
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

/// What the kernels give for the values, without any file.
struct Expected {
  kernels::MatrixCodes codes;
  std::vector<float> decoded;
};

Expected expected(const std::string& recipe, std::size_t rows, std::size_t columns,
                  const std::vector<float>& values) {
  const kernels::BlockRoutine routine(spec::RecipeTable().find(recipe));
  const kernels::TensorQuantizer quantizer(routine, rows, columns);
  Expected out{.codes = quantize_matrix(quantizer, values)};
  out.decoded.resize(values.size());
  quantizer.dequantize(out.codes.codes, out.codes.state, out.decoded);
  return out;
}

TEST(QuantizeCommand, WritesCodesScalesAndCopies) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const std::string out = folder.path("out.safetensors");
  const Seen seen = run({"quantize", in, "--recipe", "nvfp4", "-o", out});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("1 tensors quantized with nvfp4, 2 copied"));
  EXPECT_THAT(seen.out, HasSubstr("last block of a row: 8"));
  const TensorFile file(out);
  const Expected right = expected("nvfp4", 6, 40, made_floats(240, 1));
  EXPECT_EQ(file.find("w").dtype, DType::kF4);
  EXPECT_EQ(file.find("w").shape, (Shape{2, 3, 40}));
  std::vector<std::uint8_t> codes(240);
  spec::unpack(spec::Packing::kNibble, bytes_of(file.find("w")), codes);
  EXPECT_EQ(codes, right.codes.codes.elements);
  EXPECT_EQ(file.find("w.scale").dtype, DType::kF8E4m3);
  EXPECT_EQ(file.find("w.scale").shape, (Shape{2, 3, 3}));
  EXPECT_THAT(bytes_of(file.find("w.scale")), testing::ElementsAreArray(right.codes.codes.scales));
  EXPECT_EQ(file.find("w.tensor_scale").shape, Shape{});
  EXPECT_EQ(floats_of(file.find("w.tensor_scale")).front(), right.codes.state.factors.decode);
  EXPECT_EQ(as_text(file.find("bias").data), raw(made_floats(10, 2)));
  EXPECT_EQ(file.find("ids").dtype, DType::kI32);
  EXPECT_EQ(file.metadata().at("made_by"), "a test");
  const auto recipe = nlohmann::json::parse(file.metadata().at("mxscope.recipe"));
  EXPECT_EQ(recipe.at("name"), "nvfp4");
  EXPECT_EQ(recipe.at("fields").at("tensor_scale"), "exact");
  EXPECT_EQ(file.metadata().at("mxscope.input_sha256").size(), 64u);
}

TEST(QuantizeCommand, DecodesToTheValuesOfItsCodes) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  for (const char* recipe :
       {"nvfp4", "mxfp4", "mxfp6_e2m3", "mxfp8_e4m3", "mxfp8_e5m2", "mxint8", "hif4", "nvfp4_2d",
        "fp8_tensor", "int8_token", "int4_g128", "te_nvfp4", "universal_mxint8",
        "arcquant_fake_nvfp4", "microxcaling_int8_nearest"})
    for (const bool packed : {true, false}) {
      const std::string out = folder.path("out.safetensors");
      const std::string back = folder.path("back.safetensors");
      const Seen made =
          run({"quantize", in, "--recipe", recipe, "-o", out, packed ? "--packed" : "--unpacked"});
      ASSERT_EQ(made.code, 0) << recipe << made.err;
      const Seen decoded = run({"dequantize", out, "-o", back});
      ASSERT_EQ(decoded.code, 0) << recipe << decoded.err;
      const TensorFile file(back);
      EXPECT_EQ(file.find("w").shape, (Shape{2, 3, 40}));
      EXPECT_EQ(raw(floats_of(file.find("w"))),
                raw(expected(recipe, 6, 40, made_floats(240, 1)).decoded))
          << recipe;
      EXPECT_EQ(file.tensors().size(), 3u) << recipe;
    }
}

TEST(QuantizeCommand, NamesElementTypesByFormat) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const auto types = [&](const std::string& recipe, const std::string& packing) {
    const std::string out = folder.path("out.safetensors");
    EXPECT_EQ(run({"quantize", in, "--recipe", recipe, "-o", out, packing}).code, 0);
    const TensorFile file(out);
    return std::string(dtype_name(file.find("w").dtype)) + " " +
           std::to_string(file.find("w").shape.back()) + " " +
           std::string(dtype_name(file.find("w.scale").dtype));
  };
  EXPECT_EQ(types("mxfp4", "--packed"), "F4 40 F8_E8M0");
  EXPECT_EQ(types("mxfp4", "--unpacked"), "U8 40 F8_E8M0");
  EXPECT_EQ(types("mxfp6_e3m2", "--packed"), "U8 30 F8_E8M0");
  EXPECT_EQ(types("mxfp8_e4m3", "--packed"), "F8_E4M3 40 F8_E8M0");
  EXPECT_EQ(types("mxfp8_e5m2", "--packed"), "F8_E5M2 40 F8_E8M0");
  EXPECT_EQ(types("mxint8", "--packed"), "I8 40 F8_E8M0");
  EXPECT_EQ(types("int4_g128", "--packed"), "U8 20 F32");
  EXPECT_EQ(types("hif4", "--packed"), "U8 20 U8");
}

TEST(QuantizeCommand, SameBytesAtAnyThreadCount) {
  const Folder folder;
  const std::string in = folder.write(
      "in.safetensors", made_file({{"w", "F32", "[700,1000]", raw(made_floats(700000, 3))}}));
  folder.write("my.toml",
               "[[recipe]]\nname = \"sr\"\nfrom = \"mxfp4\"\n\"element.rounding\" = \"sr-a\"\n"
               "random_bits = 8\n");
  for (const std::string recipe : {"nvfp4", "sr", "hif4"}) {
    std::vector<std::string> files;
    for (const std::string threads : {"1", "2", "5"}) {
      const std::string out = folder.path("out" + threads);
      const Seen seen = run({"quantize", in, "--recipe", recipe, "--recipes",
                             folder.path("my.toml"), "-o", out, "--threads", threads});
      ASSERT_EQ(seen.code, 0) << seen.err;
      files.push_back(contents(out));
    }
    EXPECT_EQ(files[0], files[1]) << recipe;
    EXPECT_EQ(files[0], files[2]) << recipe;
  }
  const auto with_seed = [&](const std::string& seed) {
    run({"quantize", in, "--recipe", "sr", "--recipes", folder.path("my.toml"), "-o",
         folder.path("s"), "--seed", seed});
    return std::string(as_text(TensorFile(folder.path("s")).find("w").data));
  };
  EXPECT_EQ(with_seed("1"), with_seed("1"));
  EXPECT_NE(with_seed("1"), with_seed("2"));
}

TEST(QuantizeCommand, ReadsHalvesDoublesAndNpy) {
  const Folder folder;
  // 1.5 and -2 in each type; 0.1 in F64 is rounded to float32.
  const std::vector<std::uint16_t> half = {0x3E00, 0xC000};
  const std::vector<std::uint16_t> bf16 = {0x3FC0, 0xC000};
  const std::string in = folder.write(
      "in.safetensors", made_file({{"h", "F16", "[2,1]", raw(half)},
                                   {"b", "BF16", "[2,1]", raw(bf16)},
                                   {"d", "F64", "[2,1]", raw(std::vector<double>{1.5, -2})}}));
  const std::string out = folder.path("out");
  const Seen seen = run({"quantize", in, "--recipe", "fp8_token", "-o", out});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("rounded to float32 first"));
  for (const char* dtype : {"F32", "BF16", "F16"}) {
    ASSERT_EQ(run({"dequantize", out, "-o", folder.path("back"), "--dtype", dtype}).code, 0);
    const TensorFile back(folder.path("back"));
    for (const char* name : {"h", "b", "d"}) EXPECT_EQ(dtype_name(back.find(name).dtype), dtype);
    if (std::string(dtype) == "F16") {
      EXPECT_EQ(as_text(back.find("b").data), raw(half));
    } else if (std::string(dtype) == "BF16") {
      EXPECT_EQ(as_text(back.find("h").data), raw(bf16));
    } else {
      EXPECT_EQ(floats_of(back.find("d")), (std::vector<float>{1.5, -2}));
    }
  }
  const std::string array = folder.write("x.npy", npy_of("<f4", "(64,)", raw(made_floats(64, 4))));
  ASSERT_EQ(run({"quantize", array, "--recipe", "mxfp4", "-o", out}).code, 0);
  EXPECT_EQ(TensorFile(out).find("x.scale").shape, Shape{2});
}

TEST(QuantizeCommand, SwizzlesScales) {
  const Folder folder;
  const std::string in = folder.write(
      "in.safetensors", made_file({{"w", "F32", "[130,70]", raw(made_floats(9100, 5))}}));
  const auto scales = [&](const std::string& layout) {
    const std::string out = folder.path(layout);
    EXPECT_EQ(run({"quantize", in, "--recipe", "nvfp4", "-o", out, "--scale-layout", layout}).code,
              0);
    EXPECT_EQ(run({"dequantize", out, "-o", folder.path(layout + "back")}).code, 0);
    return bytes_of(TensorFile(out).find("w.scale"));
  };
  const auto linear = scales("linear");
  const auto tiled = scales("128x4");
  const auto layout = spec::make_scale_layout(spec::ScaleLayoutKind::k128x4, 130, 70, 16);
  ASSERT_EQ(tiled.size(), layout.bytes());
  for (std::size_t row = 0; row < layout.rows; ++row)
    for (std::size_t column = 0; column < layout.columns; ++column)
      EXPECT_EQ(tiled[layout.offset(row, column)], linear[row * layout.columns + column]);
  EXPECT_EQ(contents(folder.path("linearback")), contents(folder.path("128x4back")));
  expect_bad(run({"quantize", in, "--recipe", "fp8_token", "-o", folder.path("x"), "--scale-layout",
                  "128x4"}),
             "use linear");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4_2d", "-o", folder.path("x"), "--scale-layout",
                  "128x4"}),
             "several rows");
}

TEST(QuantizeCommand, ChoosesTensors) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const std::string out = folder.path("out");
  ASSERT_EQ(run({"quantize", in, "--recipe", "mxfp4", "-o", out, "--all"}).code, 0);
  EXPECT_EQ(TensorFile(out).find("bias.scale").shape, Shape{1});
  ASSERT_EQ(run({"quantize", in, "--recipe", "mxfp4", "-o", out, "--tensor", "bias"}).code, 0);
  EXPECT_EQ(TensorFile(out).find("w").dtype, DType::kF32);
  EXPECT_EQ(TensorFile(out).find("bias").dtype, DType::kF4);
  const auto json = run({"quantize", in, "--recipe", "mxfp4", "-o", out, "--json"}).json();
  EXPECT_EQ(json.at("tensors").size(), 3u);
  EXPECT_EQ(json.at("run").at("inputs").at(0).at("sha256").get<std::string>().size(), 64u);
}

TEST(QuantizeCommand, BadInputLeavesNothing) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const std::string out = folder.path("out.safetensors");
  expect_bad(run({"quantize", in, "--recipe", "nvpf4", "-o", out}), "did you mean nvfp4");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", out, "--tensor", "v"}), "'v'");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", out, "--tensor", "ids"}), "I32");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", in}), "another file");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", "/dev/full"}), "/dev/full");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", out, "--scale-layout", "z"}),
             "scale layout");
  expect_bad(run({"quantize", in, "--recipe", "nvfp4", "-o", out, "--seed", "-1"}), "--seed");
  expect_bad(run({"dequantize", in, "-o", out}), "not a file of mxscope quantize");
  std::vector<float> values = made_floats(128, 1);
  values[70] = std::nanf("");
  const std::string nan =
      folder.write("nan.safetensors", made_file({{"w", "F32", "[2,64]", raw(values)}}));
  const std::string mine = folder.write(
      "my.toml", "[[recipe]]\nname = \"strict\"\nfrom = \"mxfp4\"\namax_nan = \"error\"\n");
  const Seen refused = run({"quantize", nan, "--recipe", "strict", "--recipes", mine, "-o", out});
  expect_bad(refused, "tensor 'w', row 1, column 6");
  EXPECT_THAT(folder.names(),
              testing::UnorderedElementsAre("in.safetensors", "nan.safetensors", "my.toml"));
  ASSERT_EQ(run({"quantize", in, "--recipe", "nvfp4", "-o", out}).code, 0);
  expect_bad(run({"quantize", out, "--recipe", "nvfp4", "-o", folder.path("x")}), "already");
}

TEST(QuantizeCommand, SaysWhatIsNotFinite) {
  const Folder folder;
  std::vector<float> values = made_floats(128, 1);
  values[70] = std::nanf("");
  values[71] = std::numeric_limits<float>::infinity();
  const std::string in =
      folder.write("in.safetensors", made_file({{"w", "F32", "[2,64]", raw(values)}}));
  const auto seen = [&](std::vector<std::string> more) {
    std::vector<std::string> args = {"quantize", in, "--recipe", "mxfp4", "-o", folder.path("out")};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  };
  EXPECT_THAT(seen({}).out, HasSubstr("2 NaN or infinite going in; 1 scales NaN or infinite"));
  const auto json = seen({"--json"}).json().at("tensors").at(0).at("not_finite");
  EXPECT_EQ(json.at("inputs"), 2);
  EXPECT_EQ(json.at("scales"), 1);
}

TEST(DequantizeCommand, DamagedFilesAreRefused) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const std::string out = folder.path("out.safetensors");
  ASSERT_EQ(run({"quantize", in, "--recipe", "nvfp4", "-o", out}).code, 0);
  const std::string good = contents(out);
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return run({"dequantize", folder.write("bad", text), "-o", folder.path("x")});
  };
  expect_bad(broken("\\\"shape\\\":[2,3,40]", "\\\"shape\\\":[2,3,41]"), "should be");
  expect_bad(broken("\\\"packing\\\":\\\"nibble\\\"", "\\\"packing\\\":\\\"nibbly\\\""),
             "no packing");
  expect_bad(broken("\\\"amax_bits\\\":1", "\\\"amax_bits\\\":2"), "amax_bits");
  expect_bad(broken("\\\"zero_scale\\\"", "\\\"zero_scalf\\\""), "zero_scalf");
  expect_bad(broken("\\\"kind\\\":\\\"float\\\"", "\\\"kind\\\":\\\"flaot\\\""), "flaot");
  expect_bad(broken("{\\\"element_format\\\"", "[\\\"element_format\\\""), "mxscope.recipe");
  std::string code = good;
  const TensorFile file(out);
  const auto at = static_cast<std::size_t>(
      good.size() - static_cast<std::size_t>(file.tensors().back().data.data() +
                                             file.tensors().back().data.size() -
                                             file.find("w.scale").data.data()));
  code[at] = static_cast<char>(0x80);
  expect_bad(run({"dequantize", folder.write("bad", code), "-o", folder.path("x")}),
             "no code of ue4m3");
}

// A JSON parser that makes an int of any number would read a bias of 1 here.
TEST(DequantizeCommand, NumbersOfFormatsAreNotCut) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", model());
  const std::string out = folder.path("out.safetensors");
  ASSERT_EQ(run({"quantize", in, "--recipe", "nvfp4", "-o", out}).code, 0);
  std::map<std::string, std::string> metadata = TensorFile(out).metadata();
  std::string& recipe = metadata.at("mxscope.recipe");
  const std::string bias = "\"bias\":1";
  ASSERT_NE(recipe.find(bias), std::string::npos);
  recipe.replace(recipe.find(bias), bias.size(), "\"bias\":4294967297");
  try {
    quantized_metadata(metadata, "q");
    ADD_FAILURE() << "a bias of 33 bits was read";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("field bias is no whole number"));
  }
}

TEST(DequantizeCommand, BitsAfterTheLastCodeAreRefused) {
  const Folder folder;
  const std::string in =
      folder.write("in.safetensors", made_file({{"w", "F32", "[3,5]", raw(made_floats(15, 1))}}));
  const std::string out = folder.path("out.safetensors");
  ASSERT_EQ(run({"quantize", in, "--recipe", "mxfp4", "-o", out}).code, 0);
  std::string bytes = contents(out);  // 8 bytes of 15 codes, then 3 scales
  EXPECT_EQ(TensorFile(out).find("w").shape, Shape{8});
  EXPECT_EQ(run({"dequantize", out, "-o", folder.path("x")}).code, 0);
  bytes[bytes.size() - 4] = static_cast<char>(bytes[bytes.size() - 4] | 0x10);
  expect_bad(run({"dequantize", folder.write("bad", bytes), "-o", folder.path("x")}),
             "after its last code");
}

TEST(QuantizeCommand, InterruptLeavesNothing) {
  const Folder folder;
  const std::string in = folder.write(
      "in.safetensors", made_file({{"w", "F32", "[2000,1000]", raw(made_floats(2000000, 3))}}));
  const std::string empty = folder.write("empty", "");
  const std::string out = folder.path("out.safetensors");
  // The sweep over 126 scales takes seconds.
  const pid_t pid = start({"quantize", in, "--recipe", "nvfp4_sweep", "-o", out}, empty,
                          folder.path("o"), folder.path("e"));
  wait_until_it_catches(pid, SIGINT);
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 3);
  EXPECT_THAT(folder.names(), testing::UnorderedElementsAre("in.safetensors", "empty", "o", "e"));
}

}  // namespace
}  // namespace mxscope::reports
