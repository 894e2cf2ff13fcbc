// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify micromix: the thresholds between its formats, settled.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>

#include "analysis/micromix_claims.h"
#include "analysis/micromix_counts.h"
#include "reports/bound_story.h"
#include "reports/tensor_tiles.h"
#include "reports/verify_subject.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::MicromixRule;

constexpr std::size_t kPieceElements = std::size_t{1} << 20;

/// A tensor's name as part of a claim's id, which is printable ASCII without spaces: other bytes as
/// in %20.
std::string plain_text(std::string_view name) {
  std::string out;
  for (const char c : name)
    out += c > ' ' && c <= '~' && c != '%' ? std::string(1, c)
                                           : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// The claims of one tensor, a row a token, read some rows at a time.
std::vector<Claim> count_tensor(const TensorFile& file, const TensorView& tensor,
                                const std::vector<MicromixRule>& rules, const std::string& id,
                                const std::atomic<bool>& stop) {
  const MatrixShape matrix = matrix_shape(tensor.shape);
  const std::uint64_t step = std::max<std::uint64_t>(kPieceElements / matrix.columns, 1);
  const std::uint64_t row_bytes =
      matrix.columns * static_cast<std::uint64_t>(bits_per_element(tensor.dtype)) / 8;
  std::vector<analysis::MicromixCounts> counts(rules.size());
  for (std::uint64_t row = 0; row < matrix.rows && !stop; row += step) {
    const std::uint64_t rows = std::min(step, matrix.rows - row);
    const std::vector<float> values =
        load_floats(tensor, row * matrix.columns, rows * matrix.columns);
    file.release(tensor, row * row_bytes, rows * row_bytes);
    try {
      for (std::size_t i = 0; i < rules.size(); ++i)
        counts[i] += analysis::count_micromix(rules[i], values, matrix.columns);
    } catch (const Error& e) {
      throw Error(fmt::format("{}: tensor {}, from row {} on: {}", file.path(),
                              in_quotes(tensor.name), row, e.what()));
    }
  }
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    claims.push_back(analysis::micromix_count_claim(rules[i], counts[i], matrix.columns));
    claims.back().id = id + "/" + rules[i].name;
  }
  return claims;
}

std::string counts_text(const std::vector<Claim>& claims) {
  std::string out;
  std::string last;
  std::map<std::string, spec::Rational> all;
  std::map<std::string, std::uint64_t> elements;
  for (const Claim& c : claims) {
    const std::size_t first = c.id.find('/') + 1;
    const std::string tensor = c.id.substr(first, c.id.rfind('/') - first);
    if (tensor != last)
      out += fmt::format("{}{}, {}\n", last.empty() ? "" : "\n", tensor, c.domain);
    last = tensor;
    all[c.subject] += spec::Rational(c.bound) * c.cases;
    elements[c.subject] += c.cases;
    out += fmt::format("  {:<17}  {}\n", c.subject, c.statement);
  }
  if (!claims.empty()) out += "\nbits of an element on average over all tensors\n";
  for (const auto& [rule, bits] : all)
    out += fmt::format("  {:<17}  {:.3f}\n", rule,
                       spec::Rational(bits / elements[rule]).convert_to<double>());
  return out;
}

class VerifyMicromix : public VerifySubject {
 public:
  std::string name() const override { return "micromix"; }
  std::string summary() const override {
    return "Settle MicroMix's thresholds between MXFP4, MXFP6 and MXFP8";
  }
  std::string examples() const override {
    return "  mxscope verify micromix\n"
           "  mxscope verify micromix --only threshold\n"
           "  mxscope verify micromix --activations x.safetensors --only activations\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"threshold"}, {"signed"},         {"gamma"},
            {"ranking"},   {"channel-counts"}, {"activations", "--activations FILE"}};
  }
  void add_options(CLI::App& command) override {
    command
        .add_option("--activations", activations_,
                    "Also count what every threshold makes of the tensors of\n"
                    "this .safetensors or .npy file, whose rows are tokens")
        ->option_text("FILE");
  }
  void restore(const nlohmann::json& request) override {
    request.at("activations").get_to(activations_);
  }

  VerifyTasks tasks(Run& run) const override {
    VerifyTasks out{analysis::micromix_tasks(), {{"activations", activations_}}};
    if (activations_.empty()) return out;
    const auto file = std::make_shared<const TensorFile>(activations_);
    Progress progress("read", "files", 1,
                      static_cast<double>(std::filesystem::file_size(activations_)));
    hash_input(run, activations_, progress);
    out.rows = run.inputs.back().sha256;
    const auto rules =
        std::make_shared<const std::vector<MicromixRule>>(analysis::micromix_rules());
    const std::vector<bool> chosen = chosen_tensors(*file, {}, 2, false);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (!chosen[i]) continue;
      const TensorView& tensor = file->tensors()[i];
      const std::string id = "activations/" + plain_text(tensor.name);
      out.tasks.push_back({id, 1 + static_cast<double>(tensor.data.size()) / 1e6,
                           [file, &tensor, rules, id](const std::atomic<bool>& stop) {
                             return count_tensor(*file, tensor, *rules, id, stop);
                           },
                           rules->size()});
    }
    return out;
  }

  std::string text(const std::vector<Claim>& claims) const override {
    const auto of = [&](const char* prefix) { return with_prefix(claims, prefix); };
    std::string out;
    const auto section = [&](const char* title, const std::string& body) {
      if (!body.empty()) out += (out.empty() ? "" : "\n") + std::string(title) + "\n\n" + body;
    };
    section("THRESHOLDS: DOES THE ERROR STAY WITHIN INT8'S, max|X| / 254?",
            published_text(of("threshold/")));
    section("SIGNED COMPARISON (equation 8)", published_text(of("signed/")));
    section("THE DERIVATION'S GAMMA", published_text(of("gamma/")));
    section("CHANNEL COUNTS", published_text(of("channel-counts")));
    std::string ranking;
    for (const Claim& c : of("ranking/")) ranking += c.statement + "\n";
    section("SCALE RULES", ranking);
    section("WHAT THE THRESHOLDS MAKE OF ACTIVATIONS (scales add 0.25 bits)",
            counts_text(of("activations/")));
    return out;
  }

 private:
  std::string activations_;
};

}  // namespace

std::unique_ptr<VerifySubject> make_verify_micromix() { return std::make_unique<VerifyMicromix>(); }

}  // namespace mxscope::reports
