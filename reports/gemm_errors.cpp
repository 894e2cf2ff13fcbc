// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Exact products from kernels and bounds from analysis, output by output.
#include "reports/gemm_errors.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "analysis/gemm_bound.h"
#include "analysis/outward.h"
#include "kernels/exact_product.h"
#include "reports/ordered_work.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

using spec::Rational;

constexpr std::int64_t kProductsPerPiece = 1 << 18;  ///< a fraction of a second

std::vector<std::int64_t> spaced(std::int64_t count, std::int64_t wanted) {
  std::vector<std::int64_t> list;
  const std::int64_t chosen = std::min(count, wanted);
  for (std::int64_t i = 0; i < chosen; ++i) list.push_back(i * count / chosen);
  return list;
}

/// Rows of a matrix before quantizing, and at most how far off each element is afterwards.
struct Originals {
  std::vector<float> values;
  std::vector<float> errors;
  kernels::ExactRows exact;
};

Originals originals_of(std::span<const float> values, std::span<const std::int64_t> rows,
                       std::int64_t k, const kernels::ExactRows& quantized, float tensor_scale) {
  Originals out;
  for (const std::int64_t row : rows)
    out.values.insert(out.values.end(), values.begin() + row * k, values.begin() + (row + 1) * k);
  out.errors.resize(out.values.size());
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const kernels::ExactValue& q = quantized.values[i];
    // Products of a code, its scales and the tensor scale have at most 53 bits.
    const double decoded = std::ldexp(static_cast<double>(q.significand), q.exponent) *
                           static_cast<double>(tensor_scale);
    const double error = analysis::raised(std::fabs(decoded - static_cast<double>(out.values[i])));
    const auto nearest = static_cast<float>(error);
    out.errors[i] = static_cast<double>(nearest) < error
                        ? std::nextafter(nearest, std::numeric_limits<float>::infinity())
                        : nearest;
  }
  out.exact = kernels::exact_rows(out.values, static_cast<std::int64_t>(rows.size()), k);
  return out;
}

Rational rational(float x) { return kernels::exact_value(x).to_rational(); }

/// Everything that one output's measurement reads; shared between threads.
class Meter {
 public:
  Meter(const kernels::Gemm& gemm, std::span<const float> outputs, std::span<const float> a,
        std::span<const float> b, const GemmMeasurement& plan)
      : gemm_(gemm), outputs_(outputs), plan_(plan) {
    a_ = kernels::selected_rows(gemm.a(), plan.rows);
    b_ = kernels::selected_rows(gemm.b(), plan.columns);
    exact_a_ = kernels::exact_rows(a_, gemm.mma().a, gemm.mma());
    exact_b_ = kernels::exact_rows(b_, gemm.mma().b, gemm.mma());
    if (plan.has_originals) {
      original_a_ = originals_of(a, plan.rows, gemm.k(), exact_a_, a_.tensor_scale);
      original_b_ = originals_of(b, plan.columns, gemm.k(), exact_b_, b_.tensor_scale);
    }
    if (plan.bounded)
      bound_.emplace(gemm.mma(), gemm.order(),
                     analysis::ChainOperand{a_.matrix(), a_.factors, a_.factor_block},
                     analysis::ChainOperand{b_.matrix(), b_.factors, b_.factor_block});
    const kernels::Epilogue& epilogue = gemm.epilogue();
    alpha_ = rational(epilogue.alpha);
    whole_alpha_ = alpha_ * rational(a_.tensor_scale) * rational(b_.tensor_scale);
    terms_.alpha = gemm.whole_alpha();
    terms_.alpha_error =
        analysis::rounded_up(abs(Rational(rational(gemm.whole_alpha()) - whole_alpha_)));
    terms_.beta = epilogue.beta;
    switch (epilogue.output) {
      case kernels::GemmOutput::kFp32:
        break;
      case kernels::GemmOutput::kBf16:
        terms_.output_bits = 7;
        break;
      case kernels::GemmOutput::kFp16:
        terms_.output_bits = 10;
        terms_.output_emin = -14;
        break;
    }
  }

  void measure(std::size_t i, std::size_t j, GemmErrors& quantized, GemmErrors& original) const {
    const std::int64_t row = plan_.rows[i];
    const std::int64_t column = plan_.columns[j];
    const kernels::Epilogue& epilogue = gemm_.epilogue();
    const float output = outputs_[static_cast<std::size_t>(row * gemm_.n() + column)];
    analysis::EpilogueTerms terms = terms_;
    Rational added = 0;
    if (!epilogue.bias.empty()) {
      terms.bias = epilogue.bias[static_cast<std::size_t>(column)];
      if (std::isfinite(terms.bias)) added += rational(static_cast<float>(terms.bias));
    }
    if (epilogue.beta != 0) {
      const float c = epilogue.addend[static_cast<std::size_t>(row * gemm_.n() + column)];
      terms.addend = c;
      if (std::isfinite(c)) added += rational(epilogue.beta) * rational(c);
    }
    const bool finite = std::isfinite(output) && exact_a_.finite[i] && exact_b_.finite[j] &&
                        std::isfinite(terms.bias) && std::isfinite(terms.addend);
    if (!finite) {
      ++quantized.not_finite;
      ++original.not_finite;
      return;
    }
    const auto at = static_cast<std::int64_t>(i);
    const auto other = static_cast<std::int64_t>(j);
    analysis::SumBound sum;
    if (bound_) sum = bound_->of(at, other);
    const double proved = bound_ ? analysis::output_bound(sum, terms, output) : 0;
    const Rational exact =
        whole_alpha_ * kernels::exact_dot(exact_a_, at, exact_b_, other).to_rational() + added;
    const double magnitude = std::fabs(terms.alpha) * magnitude_of(exact_a_, i, exact_b_, j);
    note(quantized, rational(output), exact, magnitude, proved);
    if (!plan_.has_originals) return;
    if (!original_a_.exact.finite[i] || !original_b_.exact.finite[j]) {
      ++original.not_finite;
      return;
    }
    const auto k = static_cast<std::size_t>(gemm_.k());
    const auto part = [&](const std::vector<float>& all, std::size_t index) {
      return std::span(all).subspan(index * k, k);
    };
    const double elements = analysis::mul_up(
        std::fabs(static_cast<double>(epilogue.alpha)),
        analysis::elements_bound(part(original_a_.values, i), part(original_a_.errors, i),
                                 part(original_b_.values, j), part(original_b_.errors, j)));
    note(
        original, rational(output),
        alpha_ * kernels::exact_dot(original_a_.exact, at, original_b_.exact, other).to_rational() +
            added,
        std::fabs(static_cast<double>(epilogue.alpha)) *
            magnitude_of(original_a_.exact, i, original_b_.exact, j),
        analysis::add_up(proved, elements));
  }

 private:
  /// sum |a| |b|, about.
  double magnitude_of(const kernels::ExactRows& a, std::size_t i, const kernels::ExactRows& b,
                      std::size_t j) const {
    const auto k = static_cast<std::size_t>(a.k);
    const kernels::ExactValue* const x = a.values.data() + i * k;
    const kernels::ExactValue* const y = b.values.data() + j * k;
    double sum = 0;
    for (std::size_t at = 0; at < k; ++at)
      sum += std::ldexp(std::fabs(static_cast<double>(x[at].significand) *
                                  static_cast<double>(y[at].significand)),
                        x[at].exponent + y[at].exponent);
    return sum;
  }

  void note(GemmErrors& errors, const Rational& output, const Rational& exact, double magnitude,
            double proved) const {
    const double error = analysis::rounded_up(abs(Rational(output - exact)));
    ++errors.measured;
    errors.exact += error == 0 ? 1 : 0;
    errors.largest = std::max(errors.largest, error);
    if (magnitude > 0)
      errors.largest_relative = std::max(errors.largest_relative, error / magnitude);
    const double reference = exact.convert_to<double>();
    errors.squares.add(reference * reference);
    errors.squared_errors.add(error * error);
    if (!plan_.bounded) return;
    errors.largest_bound = std::max(errors.largest_bound, proved);
    errors.above_bound += error > proved ? 1 : 0;
    if (error > 0) errors.largest_share = std::max(errors.largest_share, error / proved);
  }

  const kernels::Gemm& gemm_;
  std::span<const float> outputs_;
  const GemmMeasurement& plan_;
  kernels::GemmOperand a_, b_;
  kernels::ExactRows exact_a_, exact_b_;
  Originals original_a_, original_b_;
  std::optional<analysis::ChainBound> bound_;
  Rational alpha_, whole_alpha_;
  analysis::EpilogueTerms terms_;
};

void merge(GemmErrors& all, const GemmErrors& next) {
  all.measured += next.measured;
  all.not_finite += next.not_finite;
  all.exact += next.exact;
  all.largest = std::max(all.largest, next.largest);
  all.largest_relative = std::max(all.largest_relative, next.largest_relative);
  all.largest_bound = std::max(all.largest_bound, next.largest_bound);
  all.largest_share = std::max(all.largest_share, next.largest_share);
  all.above_bound += next.above_bound;
  all.squares.add(next.squares);
  all.squared_errors.add(next.squared_errors);
}

nlohmann::json errors_json(const GemmErrors& errors, bool bounded) {
  nlohmann::json json = {
      {"measured", errors.measured}, {"not_finite", errors.not_finite}, {"exact", errors.exact}};
  if (errors.measured == 0) return json;
  json["largest"] = errors.largest;
  json["largest_relative"] = errors.largest_relative;
  json["rms"] = errors.rms();
  json["sqnr_db"] = errors.sqnr_db();
  if (bounded) {
    json["largest_bound"] = errors.largest_bound;
    json["largest_share_of_bound"] = errors.largest_share;
    json["above_bound"] = errors.above_bound;
  }
  return json;
}

/// Never "1" for what is less.
std::string share_text(double share) {
  return fmt::format("{:.3f}", share < 1 ? std::floor(share * 1000) / 1000 : share);
}

std::string decibels(double db) { return std::isinf(db) ? "exact" : fmt::format("{:.2f}", db); }

}  // namespace

double GemmErrors::rms() const {
  return measured == 0 ? 0 : std::sqrt(squared_errors.value() / static_cast<double>(measured));
}

double GemmErrors::sqnr_db() const {
  if (squared_errors.value() == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(squares.value() / squared_errors.value());
}

GemmMeasurement measure_gemm(const kernels::Gemm& gemm, std::span<const float> outputs,
                             std::span<const float> a, std::span<const float> b, double budget,
                             int threads) {
  GemmMeasurement out;
  out.bounded = analysis::ChainBound::holds_for(gemm.mma());
  out.has_originals = !a.empty() && !b.empty();
  const double outputs_wanted = std::max(1.0, budget / static_cast<double>(gemm.k()));
  const auto m = static_cast<double>(gemm.m());
  const auto n = static_cast<double>(gemm.n());
  double rows = m;
  double columns = n;
  if (m * n > outputs_wanted) {
    rows = std::clamp(std::sqrt(outputs_wanted), 1.0, m);
    columns = std::clamp(outputs_wanted / rows, 1.0, n);
    rows = std::clamp(outputs_wanted / columns, 1.0, m);
  }
  out.rows = spaced(gemm.m(), static_cast<std::int64_t>(rows));
  out.columns = spaced(gemm.n(), static_cast<std::int64_t>(columns));
  const Meter meter(gemm, outputs, a, b, out);
  const std::size_t all = out.rows.size() * out.columns.size();
  const auto per_piece = static_cast<std::size_t>(
      std::clamp<std::int64_t>(kProductsPerPiece / std::max<std::int64_t>(gemm.k(), 1), 1, 512));
  const std::size_t pieces = (all + per_piece - 1) / per_piece;
  Progress progress("gemm: errors", "pieces", pieces, static_cast<double>(pieces));
  struct Piece {
    GemmErrors quantized, original;
  };
  in_order(
      pieces, threads,
      [&](std::size_t piece) {
        Piece found;
        for (std::size_t i = piece * per_piece; i < std::min(all, (piece + 1) * per_piece); ++i)
          meter.measure(i / out.columns.size(), i % out.columns.size(), found.quantized,
                        found.original);
        return found;
      },
      [&](const Piece& piece) {
        merge(out.quantized, piece.quantized);
        merge(out.original, piece.original);
        progress.advance(1);
      });
  return out;
}

std::string measurement_text(const GemmMeasurement& measurement, const kernels::Gemm& gemm) {
  Table table({{"\nerror against the exact product of"},
               {"\nmax", true},
               {"max /\n|A||B|", true},
               {"\nrms", true},
               {"\nSQNR dB", true},
               {"proved\nmax", true},
               {"largest share\nof a bound", true}});
  const auto add = [&](const char* what, const GemmErrors& errors) {
    if (errors.measured == 0) {  // NaNs and infinities have no error
      table.add({what, "-", "-", "-", "-", "-", "-"});
      return;
    }
    table.add({what, fmt::format("{:.4g}", errors.largest),
               fmt::format("{:.3g}", errors.largest_relative), fmt::format("{:.4g}", errors.rms()),
               decibels(errors.sqnr_db()),
               measurement.bounded ? fmt::format("{:.4g}", errors.largest_bound) : "none",
               measurement.bounded ? share_text(errors.largest_share) : "-"});
  };
  add("the operands as quantized", measurement.quantized);
  if (measurement.has_originals) add("the original matrices", measurement.original);
  std::string text = table.text();
  const auto outputs = static_cast<std::uint64_t>(gemm.m()) * static_cast<std::uint64_t>(gemm.n());
  const std::uint64_t measured = measurement.rows.size() * measurement.columns.size();
  text += measured == outputs
              ? fmt::format("of all {} outputs, {} exact", outputs, measurement.quantized.exact)
              : fmt::format("of {} outputs, {} evenly spaced rows by {} columns of {}", measured,
                            measurement.rows.size(), measurement.columns.size(), outputs);
  if (measurement.quantized.not_finite != 0)
    text += fmt::format("; {} not finite, left out", measurement.quantized.not_finite);
  text += "\n";
  if (!measurement.bounded)
    text += fmt::format("no bound is proved for the rule of {}\n", gemm.mma().unit.name);
  return text;
}

nlohmann::json measurement_json(const GemmMeasurement& measurement, const kernels::Gemm& gemm) {
  nlohmann::json json = {
      {"outputs", gemm.m() * gemm.n()},
      {"measured_rows", measurement.rows.size()},
      {"measured_columns", measurement.columns.size()},
      {"bounded", measurement.bounded},
      {"against_quantized", errors_json(measurement.quantized, measurement.bounded)}};
  if (measurement.has_originals)
    json["against_original"] = errors_json(measurement.original, measurement.bounded);
  return json;
}

}  // namespace mxscope::reports
