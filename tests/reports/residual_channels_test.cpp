// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope quantize with residual channels, back through dequantize, and bad input.
#include <fmt/format.h>

#include "kernels/dual_tensor.h"
#include "spec/packing.h"
#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;
using Shape = std::vector<std::uint64_t>;

/// Channels 3, 17 and 40 of 64 stand out, the last the most.
std::vector<float> activations(std::size_t rows) {
  std::vector<float> values = made_floats(rows * 64, 9);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 64 == 3) values[i] = 8 + values[i];
    if (i % 64 == 17) values[i] = 16 + values[i];
    if (i % 64 == 40) values[i] = 32 + values[i];
  }
  return values;
}

std::string file_of(const std::vector<float>& values, std::size_t columns = 64) {
  return made_file(
      {{"x.input", "F32", fmt::format("[{},{}]", values.size() / columns, columns), raw(values)},
       {"bias", "F32", "[3]", raw(made_floats(3, 2))}});
}

template <typename Value>
std::vector<Value> values_of(const TensorView& tensor) {
  std::vector<Value> out(tensor.data.size() / sizeof(Value));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(a[i] - b[i], 2);
  return sum;
}

TEST(ResidualChannels, FileHoldsWhatTheKernelsGiveAndDecodesInTheFirstOrder) {
  const std::vector<float> values = activations(5);
  for (const char* scale_layout : {"linear", "128x4"})
    for (const spec::DualStage& stage : spec::named_dual_stages()) {
      const Folder folder;
      const std::string in = folder.write("in.safetensors", file_of(values));
      const std::string out = folder.path("out.safetensors");
      const Seen seen = run({"quantize", in, "--recipe", stage.name, "--residual-channels", "32",
                             "--scale-layout", scale_layout, "-o", out, "--json"});
      ASSERT_EQ(seen.code, 0) << seen.err;

      std::vector<float> maxima(64);
      kernels::raise_channel_maxima(values, maxima);
      const std::vector<std::uint32_t> order = kernels::channel_order(maxima);
      const kernels::DualRoutine routine(stage);
      const kernels::DualTensor tensor(
          routine, spec::make_augmented_layout(64, 32, stage.granularity), order);
      const kernels::TensorFactors factors =
          quantize_matrix(kernels::TensorQuantizer(routine.single(), 5, 64), values).state.factors;
      const kernels::TileCodes codes = tensor.quantize({0, 0, 5, 64}, values, factors);
      const TensorFile file(out);
      EXPECT_EQ(file.find("x.input").dtype, DType::kF4);
      EXPECT_EQ(file.find("x.input").shape, (Shape{5, 96}));
      std::vector<std::uint8_t> packed(5 * 48);
      spec::pack(spec::Packing::kNibble, codes.elements, packed);
      EXPECT_EQ(values_of<std::uint8_t>(file.find("x.input")), packed);
      EXPECT_EQ(values_of<std::uint32_t>(file.find("x.input.order")), order);
      EXPECT_EQ(order.back(), 40U);
      if (std::string(scale_layout) == "linear") {
        EXPECT_EQ(file.find("x.input.scale").shape, (Shape{5, 6}));
        const auto scales = values_of<std::uint8_t>(file.find("x.input.scale"));
        EXPECT_EQ(std::vector<std::uint32_t>(scales.begin(), scales.end()), codes.scales);
      }

      const std::string back = folder.path("back.safetensors");
      const Seen decoded = run({"dequantize", out, "-o", back});
      ASSERT_EQ(decoded.code, 0) << decoded.err;
      std::vector<float> want(values.size());
      tensor.dequantize(codes, factors, kernels::Stages::kBoth, want);
      const TensorFile numbers(back);
      EXPECT_EQ(values_of<float>(numbers.find("x.input")), want);
      EXPECT_EQ(numbers.find("x.input").shape, (Shape{5, 64}));
      EXPECT_EQ(values_of<float>(numbers.find("bias")), made_floats(3, 2));

      const auto gain = seen.json().at("tensors").at(0).at("residuals");
      std::vector<float> first(values.size());
      tensor.dequantize(codes, factors, kernels::Stages::kFirst, first);
      double squares = 0;
      for (const float x : values) squares += std::pow(x, 2);
      EXPECT_NEAR(gain.at("sqnr_db_both").get<double>(),
                  10 * std::log10(squares / squared_error(values, want)), 1e-9);
      EXPECT_NEAR(gain.at("sqnr_db_ordered").get<double>(),
                  10 * std::log10(squares / squared_error(values, first)), 1e-9);
      EXPECT_GT(gain.at("sqnr_db_both"), gain.at("sqnr_db_ordered"));
      const kernels::TensorQuantizer plain(routine.single(), 5, 64);
      const kernels::MatrixCodes single = quantize_matrix(plain, values);
      plain.dequantize(single.codes, single.state, first);
      EXPECT_NEAR(gain.at("sqnr_db_single").get<double>(),
                  10 * std::log10(squares / squared_error(values, first)), 1e-9);
    }
}

TEST(ResidualChannels, ListedChannelsComeLast) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", file_of(activations(4)));
  const std::string list = folder.write("list", "0, 1,2 3\n4\n5 6 7 8 9 10 11 12 13 14\t15\n");
  const std::string out = folder.path("out.safetensors");
  const Seen seen =
      run({"quantize", in, "--recipe", "arcquant_16", "--residual-list", list, "-o", out});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("16 of 64 channels twice"));
  EXPECT_THAT(seen.out, HasSubstr("1 tensors quantized with arcquant_16, 1 copied"));
  const auto order = values_of<std::uint32_t>(TensorFile(out).find("x.input.order"));
  ASSERT_EQ(order.size(), 64U);
  for (std::size_t i = 48; i < 64; ++i) EXPECT_LT(order[i], 16U);
  EXPECT_EQ(order[47], 40U);
}

TEST(ResidualChannels, NoResidualsIsTheOrderAlone) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", file_of(activations(4)));
  const std::string out = folder.path("out.safetensors");
  const Seen seen = run({"quantize", in, "--recipe", "trtllm_arcquant", "--residual-channels", "0",
                         "-o", out, "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(TensorFile(out).find("x.input").shape, (Shape{4, 64}));
  const auto gain = seen.json().at("tensors").at(0).at("residuals");
  EXPECT_EQ(gain.at("sqnr_db_both"), gain.at("sqnr_db_ordered"));
  EXPECT_EQ(run({"dequantize", out, "-o", folder.path("back")}).code, 0);
}

TEST(ResidualChannels, SameBytesAtAnyNumberOfThreads) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", file_of(activations(9000)));
  for (const char* threads : {"1", "3"})
    ASSERT_EQ(run({"quantize", in, "--recipe", "arcquant_32", "--residual-channels", "32",
                   "--threads", threads, "-o", folder.path(threads)})
                  .code,
              0);
  EXPECT_EQ(contents(folder.path("1")), contents(folder.path("3")));
}

TEST(ResidualChannels, BadInput) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", file_of(activations(4)));
  const auto bad = [&](const std::vector<std::string>& more, const std::string& what,
                       const std::string& recipe = "arcquant_16") {
    std::vector<std::string> arguments = {"quantize",         in,         "-o",
                                          folder.path("out"), "--recipe", recipe};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Seen seen = run(arguments);
    EXPECT_EQ(seen.code, 2) << what;
    EXPECT_THAT(seen.err, HasSubstr(what));
    EXPECT_EQ(std::count(seen.err.begin(), seen.err.end(), '\n'), 1) << seen.err;
    EXPECT_THAT(folder.names(), testing::Not(testing::Contains("out")));
  };
  bad({}, "add --residual-channels");
  bad({"--residual-channels", "24"}, "'x.input': 64 channels with 24 outliers must both be");
  bad({"--residual-channels", "16"}, "multiples of 32", "arcquant_32");
  bad({"--residual-channels", "80"}, "80 outliers are more than the 64 channels");
  bad({"--residual-channels", "-16"}, "--residual-channels");
  bad({"--residual-channels", "16"}, "arcquant_16, arcquant_32, trtllm_arcquant", "nvfp4");
  bad({"--residual-channels", "16"}, "arcquant_1x", "arcquant_1x");
  bad({"--residual-channels", "16", "--residual-list", in}, "give one");
  bad({"--residual-list", folder.write("word", "1 2 three")}, "'three' is no channel");
  bad({"--residual-list", folder.write("far", "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 64")},
      "channel 64 is not one of the 64");
  bad({"--residual-list", folder.write("twice", "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 14")},
      "channel 14 stands twice");
  bad({"--residual-list", folder.path("none")}, "none");
}

TEST(ResidualChannels, ContradictionsInTheFileAreRefused) {
  const Folder folder;
  const std::string in = folder.write("in.safetensors", file_of(activations(4)));
  const std::string out = folder.path("out.safetensors");
  ASSERT_EQ(
      run({"quantize", in, "--recipe", "arcquant_16", "--residual-channels", "16", "-o", out}).code,
      0);
  const auto refused = [&](const std::string& text, const std::string& what) {
    const Seen seen = run({"dequantize", folder.write("bad", text), "-o", folder.path("x")});
    EXPECT_EQ(seen.code, 2) << what;
    EXPECT_THAT(seen.err, HasSubstr(what));
  };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = contents(out);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  refused(replaced("\\\"residual_channels\\\":16", "\\\"residual_channels\\\":32"), "should be");
  refused(replaced("\\\"residual_channels\\\":16", "\\\"residual_channels\\\":17"), "multiples");
  refused(replaced("\\\"granularity\\\":16", "\\\"granularity\\\":17"), "mxscope.");
  refused(replaced("\\\"residual\\\":\\\"bf16\\\"", "\\\"residual\\\":\\\"bf17\\\""), "bf17");
  refused(replaced("\\\"tensor_scale\\\":\\\"divide-bf16\\\"",
                   "\\\"tensor_scale\\\":\\\"exact\\\"      "),
          "mxscope.dual_stage");
  std::string order = contents(out);
  const TensorFile file(out);
  const std::string bytes(reinterpret_cast<const char*>(file.find("x.input.order").data.data()), 8);
  const std::size_t at = order.find(bytes);
  ASSERT_NE(at, std::string::npos);
  order.replace(at, 4, bytes.substr(4));  // one channel twice
  refused(order, "x.input.order");
}

}  // namespace
}  // namespace mxscope::reports
