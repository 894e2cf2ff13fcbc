// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Every point where the slope can change is a point of the curve, so suprema are found at ends of
// pieces with rational arithmetic.
#include "analysis/error_curve.h"

#include <algorithm>
#include <stdexcept>

namespace mxscope::analysis {
namespace {

/// One of the step functions that the worst element may follow, and its sign.
struct Branch {
  const Steps* steps = nullptr;
  bool negative = false;
  std::size_t at = 0;  ///< the step that holds the point under the sweep
};

class Sweep {
 public:
  void meet_point(const Rational& m, const std::vector<Branch>& branches) {
    for (const Branch& b : branches) {
      const Rational value = (*b.steps)[b.at].value;
      raise(abs(Rational(m - value)), m, value, b.negative, true);
    }
    emit_constant(Interval::point(m));
  }

  /// No step begins and no value lies inside, so each error rises or falls throughout.
  void meet_interval(const Rational& p, const Rational& q, const std::vector<Branch>& branches) {
    const Branch* growing = nullptr;
    for (const Branch& b : branches) {
      const Rational value = (*b.steps)[b.at].value;
      if (value >= q)
        raise(value - p, p, value, b.negative, false);
      else if (growing == nullptr || value < (*growing->steps)[growing->at].value)
        growing = &b;
    }
    if (growing == nullptr) {
      emit_constant(Interval::open(p, q));
      return;
    }
    const Rational value = (*growing->steps)[growing->at].value;
    const Rational crossing = std::clamp(Rational(most_.error + value), p, q);
    if (crossing > p) emit_constant({p, crossing, false, crossing < q});
    if (crossing == q) return;
    ErrorPiece piece;
    piece.at = Interval::open(crossing, q);
    piece.grows = true;
    piece.value = value;
    piece.negative = growing->negative;
    curve_.push_back(piece);
    most_.error = -1;  // what is approached here is beaten by the point that follows, or equalled
    raise(q - value, q, value, growing->negative, false);
  }

  ErrorCurve take() && { return std::move(curve_); }

 private:
  void raise(const Rational& error, const Rational& element, const Rational& value, bool negative,
             bool attained) {
    if (error < most_.error || (error == most_.error && (most_.attained || !attained))) return;
    most_.error = error;
    most_.element = element;
    most_.value = value;
    most_.negative = negative;
    most_.attained = attained;
  }

  void emit_constant(const Interval& at) {
    most_.at = at;
    if (!curve_.empty()) {
      ErrorPiece& last = curve_.back();
      if (!last.grows && last.error == most_.error && last.attained == most_.attained) {
        last.at.upper = at.upper;
        last.at.upper_closed = at.upper_closed;
        return;
      }
    }
    curve_.push_back(most_);
  }

  ErrorCurve curve_;
  ErrorPiece most_;
};

/// The piece holding x, or with `from_below` the one just below x.
const ErrorPiece& piece_at(const ErrorCurve& curve, const Rational& x, bool from_below) {
  const auto found = std::partition_point(curve.begin(), curve.end(), [&](const ErrorPiece& p) {
    if (!p.at.upper || *p.at.upper > x) return false;
    return *p.at.upper < x || (!from_below && !p.at.upper_closed);
  });
  if (found == curve.end()) throw std::out_of_range("the curve ends below this point");
  if (from_below && found->at.is_point() && found != curve.begin()) return *std::prev(found);
  return *found;
}

}  // namespace

ErrorCurve error_curve(const ElementSteps& steps) {
  std::vector<Branch> branches;
  std::vector<Rational> points;
  std::optional<Rational> end;
  for (const bool negative : {false, true})
    for (const Steps& function : negative ? steps.negative : steps.positive) {
      if (function.empty()) throw std::invalid_argument("an element quantizer without steps");
      branches.push_back({&function, negative});
      for (const Step& s : function) {
        points.push_back(s.at.lower);
        points.push_back(s.value);
      }
      const Rational last = *function.back().at.upper;
      end = end ? std::min(*end, last) : last;
    }
  points.push_back(*end);
  std::erase_if(points, [&](const Rational& p) { return p < 0 || p > *end; });
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());

  Sweep sweep;
  const auto advance = [&](const Rational& x) {
    for (Branch& b : branches)
      while (!(*b.steps)[b.at].at.contains(x)) ++b.at;
  };
  for (std::size_t i = 0; i < points.size(); ++i) {
    advance(points[i]);
    sweep.meet_point(points[i], branches);
    if (i + 1 == points.size()) break;
    advance((points[i] + points[i + 1]) / 2);
    sweep.meet_interval(points[i], points[i + 1], branches);
  }
  return std::move(sweep).take();
}

ErrorPiece scaled(ErrorPiece piece, const Rational& s) {
  piece.at = scaled(piece.at, s);
  piece.error *= s;
  piece.value *= s;
  piece.element *= s;
  piece.block_max *= s;
  return piece;
}

ErrorCurve clipped(const ErrorCurve& curve, const Interval& range) {
  ErrorCurve out;
  for (const ErrorPiece& piece : curve) {
    const std::optional<Interval> part = intersection(piece.at, range);
    if (!part) continue;
    out.push_back(piece);
    out.back().at = *part;
  }
  return out;
}

ErrorCurve block_error_curve(const Steps& scales, const ErrorCurve& unit_curve) {
  ErrorCurve out;
  for (const Step& scale : scales) {
    if (scale.value == 0) {
      ErrorPiece lost;
      lost.at = scale.at;
      lost.grows = true;
      out.push_back(lost);
      continue;
    }
    for (ErrorPiece& piece : clipped(unit_curve, scaled(scale.at, 1 / scale.value))) {
      out.push_back(scaled(std::move(piece), scale.value));
      ErrorPiece& last = out.back();
      last.block_max = std::max(last.element, last.at.lower);
    }
  }
  return out;
}

ErrorCurve running_maximum(const ErrorCurve& curve) {
  ErrorCurve out;
  ErrorPiece most;
  most.error = -1;
  const auto constant = [&](const Interval& at) {
    if (!out.empty() && !out.back().grows && out.back().error == most.error &&
        out.back().attained == most.attained) {
      out.back().at.upper = at.upper;
      out.back().at.upper_closed = at.upper_closed;
      return;
    }
    out.push_back(most);
    out.back().at = at;
  };
  for (const ErrorPiece& piece : curve) {
    if (!piece.grows) {
      if (piece.error > most.error ||
          (piece.error == most.error && piece.attained && !most.attained))
        most = piece;
      constant(piece.at);
      continue;
    }
    const Rational crossing = std::max(piece.at.lower, Rational(most.error + piece.value));
    if (const auto before = intersection(piece.at, {0, crossing, true, true});
        before && crossing > piece.at.lower)
      constant(*before);
    const bool reaches = piece.at.lower_closed && crossing == piece.at.lower;
    const auto after = intersection(piece.at, {crossing, std::nullopt, reaches, false});
    if (!after) continue;
    out.push_back(piece);
    out.back().at = *after;
    if (!after->upper) break;
    most = piece;
    most.grows = false;
    most.error = *after->upper - piece.value;
    most.element = most.block_max = *after->upper;
    most.attained = after->upper_closed;
  }
  return out;
}

ErrorCurve composed(const ErrorCurve& inner, const ErrorCurve& outer) {
  ErrorCurve out;
  for (const ErrorPiece& piece : inner) {
    if (!piece.grows) {
      const ErrorPiece& second = piece_at(outer, piece.error, !piece.attained);
      ErrorPiece both = piece;
      both.error = second.error_at(piece.error);
      both.attained = second.grows ? piece.attained : second.attained;
      both.element = second.grows ? piece.error : second.element;
      both.block_max = second.grows ? piece.error : second.block_max;
      both.value = second.value;
      both.negative = second.negative;
      out.push_back(both);
      continue;
    }
    for (const ErrorPiece& second : outer) {
      Interval shifted = second.at;
      shifted.lower += piece.value;
      if (shifted.upper) *shifted.upper += piece.value;
      const std::optional<Interval> part = intersection(piece.at, shifted);
      if (!part) continue;
      ErrorPiece both = second;
      both.at = *part;
      if (both.grows) both.value += piece.value;
      out.push_back(both);
    }
  }
  return out;
}

WorstRatio worst_ratio(const ErrorPiece& piece) {
  WorstRatio out;
  out.piece = piece;
  const bool at_upper = piece.grows && piece.value > 0;
  if (at_upper && !piece.at.upper) throw std::invalid_argument("an unbounded piece");
  out.block_max = at_upper ? *piece.at.upper : piece.at.lower;
  const bool end_closed = at_upper ? piece.at.upper_closed : piece.at.lower_closed;
  if (out.block_max == 0) {  // only lost blocks reach down to zero: error M, ratio 1 everywhere
    out.ratio = piece.grows ? 1 : 0;
    out.attained = piece.grows;
    if (piece.grows && piece.at.upper) out.block_max = *piece.at.upper / 2;
    return out;
  }
  out.ratio = piece.error_at(out.block_max) / out.block_max;
  out.attained = end_closed && piece.attained;
  if (piece.grows && piece.value == 0) {
    out.attained = true;
    if (!end_closed && piece.at.upper) out.block_max = (piece.at.lower + *piece.at.upper) / 2;
  }
  return out;
}

WorstRatio worst_ratio(const ErrorCurve& curve) {
  WorstRatio worst;
  worst.ratio = -1;
  for (const ErrorPiece& piece : curve) {
    const WorstRatio here = worst_ratio(piece);
    if (here.ratio > worst.ratio || (here.ratio == worst.ratio && here.attained && !worst.attained))
      worst = here;
  }
  return worst;
}

std::optional<Rational> last_excess(const ErrorCurve& curve, const Rational& bound) {
  for (auto piece = curve.rbegin(); piece != curve.rend(); ++piece) {
    if (worst_ratio(*piece).ratio <= bound) continue;
    if (piece->grows) {
      if (!piece->at.upper) throw std::invalid_argument("an unbounded piece");
      return *piece->at.upper;  // the ratio grows with M (or is 1 throughout)
    }
    const Rational crossing = piece->error / bound;
    return piece->at.upper ? std::min(crossing, *piece->at.upper) : crossing;
  }
  return std::nullopt;
}

}  // namespace mxscope::analysis
