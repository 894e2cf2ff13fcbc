// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// M is cut where the residual of M, or the largest residual, meets an end of the second stage's
// steps; in between everything is linear.
#include "analysis/second_stage.h"

#include <algorithm>
#include <stdexcept>

namespace mxscope::analysis {
namespace {

/// The second quantizer under one of its scales.
struct Group {
  Interval at;
  ErrorCurve pieces;
  ErrorPiece top;  ///< the supremum over all of `at`, as a constant piece
};

std::vector<Group> groups_of(const Steps& scales, const ErrorCurve& unit_curve,
                             const Rational& tensor_scale) {
  std::vector<Group> out;
  for (const Step& scale : scales) {
    Group group;
    group.at = scaled(scale.at, tensor_scale);
    for (const ErrorPiece& piece : block_error_curve({scale}, unit_curve))
      group.pieces.push_back(scaled(piece, tensor_scale));
    group.top = group.pieces.back();
    if (group.top.grows) {  // the curve never falls, so its end is its supremum
      const Rational end = *group.top.at.upper;
      group.top.error = end - group.top.value;
      group.top.element = group.top.block_max = end;
      group.top.attained = group.top.at.upper_closed;
      group.top.grows = false;
    }
    out.push_back(std::move(group));
  }
  return out;
}

/// A branch of the first stage's rounding at M: M becomes `value`.
struct Own {
  Interval at;
  Rational value;
};

class Composer {
 public:
  explicit Composer(std::vector<Group> groups) : groups_(std::move(groups)) {}

  void add_scale(const ErrorCurve& inner, const std::vector<Own>& own) {
    begun_ = curve_.size();
    for (const ErrorPiece& piece : inner) {
      choose_groups(piece);
      const std::vector<Rational> cuts = cuts_of(piece, own);
      for (std::size_t i = 0; i < cuts.size(); ++i) {
        if (piece.at.contains(cuts[i])) add_part(piece, own, Interval::point(cuts[i]), cuts[i]);
        if (i + 1 < cuts.size())
          add_part(piece, own, Interval::open(cuts[i], cuts[i + 1]), (cuts[i] + cuts[i + 1]) / 2);
      }
    }
  }

  ErrorCurve take() && { return std::move(curve_); }

 private:
  static bool dominated(const ErrorPiece& a, const ErrorPiece& b) {
    return a.error < b.error || (a.error == b.error && (b.attained || !a.attained));
  }

  /// The groups that can matter on the piece. Where a group lies wholly below the largest residual,
  /// one above it that does too, and has as large a supremum, is met whenever it is.
  void choose_groups(const ErrorPiece& piece) {
    const Rational least = piece.error_at(piece.at.lower);
    const Rational most = piece.error_at(*piece.at.upper);
    chosen_.clear();
    for (const Group& g : groups_) {
      if (g.at.lower > most) break;
      if (*g.at.upper < least)
        while (!chosen_.empty() && dominated(chosen_.back()->top, g.top)) chosen_.pop_back();
      chosen_.push_back(&g);
    }
  }

  std::vector<Rational> cuts_of(const ErrorPiece& piece, const std::vector<Own>& own) const {
    std::vector<Rational> cuts = {piece.at.lower, *piece.at.upper};
    const auto offer = [&](const Rational& m) {
      if (m > piece.at.lower && m < *piece.at.upper) cuts.push_back(m);
    };
    for (const Own& a : own) {
      if (!intersection(a.at, piece.at)) continue;
      offer(a.at.lower);
      offer(*a.at.upper);
      offer(a.value);
      for (const Own& b : own) offer((a.value + b.value) / 2);  // where signs change places
      for (const Group* g : chosen_) {
        offer(a.value + *g->at.upper);
        offer(a.value - *g->at.upper);
      }
    }
    if (piece.grows)
      for (const Group* g : chosen_)
        for (const ErrorPiece& p : g->pieces) offer(piece.value + *p.at.upper);
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    return cuts;
  }

  /// `sample` stands for all of `at`.
  void add_part(const ErrorPiece& piece, const std::vector<Own>& own, const Interval& at,
                const Rational& sample) {
    const Rational most = piece.error_at(sample);
    Rational least = most;
    for (const Own& a : own)
      if (a.at.contains(sample)) least = std::min(least, Rational(abs(sample - a.value)));
    const bool reached = piece.attained;
    ErrorPiece constant;
    constant.error = -1;
    const ErrorPiece* growing = nullptr;
    for (const Group* chosen : chosen_) {
      const Group& g = *chosen;
      if (g.at.lower > most || (g.at.lower == most && !(g.at.lower_closed && reached))) break;
      if (*g.at.upper < least || (*g.at.upper == least && !g.at.upper_closed)) continue;
      const bool ends_here =
          *g.at.upper > most || (*g.at.upper == most && (!reached || g.at.upper_closed));
      if (!ends_here) {
        raise(constant, g.top, g.top.error, g.top.attained);
        continue;
      }
      const ErrorPiece& second = piece_holding(g, most, reached);
      if (second.grows && piece.grows) {
        growing = &second;
      } else if (second.grows) {
        ErrorPiece reaching = second;
        reaching.element = reaching.block_max = most;
        raise(constant, reaching, most - second.value, reached);
      } else {
        raise(constant, second, second.error, second.attained);
      }
    }
    if (growing == nullptr) {
      if (constant.error < 0) throw std::out_of_range("the second stage ends below a residual");
      append(constant, at);
      return;
    }
    const Rational value = piece.value + growing->value;
    ErrorPiece grows = *growing;
    grows.value = value;
    const Rational crossing = constant.error + value;
    if (crossing > at.lower || at.is_point()) {
      const bool constant_wins = at.is_point() && constant.error > at.lower - value;
      if (!at.is_point() || constant_wins) {
        Interval before = at;
        if (!at.is_point() && crossing < *at.upper) {
          before.upper = crossing;
          before.upper_closed = true;
        }
        append(constant, before);
        if (at.is_point() || crossing >= *at.upper) return;
        append(grows, Interval::open(crossing, *at.upper));
        return;
      }
    }
    append(grows, at);
  }

  static void raise(ErrorPiece& most, const ErrorPiece& from, const Rational& error,
                    bool attained) {
    if (error < most.error || (error == most.error && (most.attained || !attained))) return;
    most = from;
    most.grows = false;
    most.error = error;
    most.attained = attained;
  }

  static const ErrorPiece& piece_holding(const Group& group, const Rational& x, bool reached) {
    for (const ErrorPiece& p : group.pieces) {
      if (reached ? p.at.contains(x) : (*p.at.upper >= x && !p.at.is_point())) return p;
    }
    return group.pieces.back();
  }

  void append(const ErrorPiece& piece, const Interval& at) {
    if (curve_.size() > begun_) {
      ErrorPiece& last = curve_.back();
      const bool same =
          last.grows == piece.grows && last.attained == piece.attained &&
          last.value == piece.value &&
          (piece.grows || (last.error == piece.error && last.element == piece.element &&
                           last.block_max == piece.block_max));
      if (same && *last.at.upper == at.lower && last.at.upper_closed != at.lower_closed) {
        last.at.upper = at.upper;
        last.at.upper_closed = at.upper_closed;
        return;
      }
    }
    curve_.push_back(piece);
    curve_.back().at = at;
  }

  std::vector<Group> groups_;
  std::vector<const Group*> chosen_;
  ErrorCurve curve_;
  std::size_t begun_ = 0;  ///< the first piece of this scale: certificates go scale by scale
};

}  // namespace

ErrorCurve second_stage_curve(const WorstCase& first, const Steps& scales,
                              const ErrorCurve& unit_curve, const Rational& tensor_scale) {
  Composer composer(groups_of(scales, unit_curve, tensor_scale));
  for (const ScaleCase& c : first.cases) {
    const Rational& s = c.scale.value;
    std::vector<Own> own;
    if (s == 0) own.push_back({c.scale.at, 0});
    if (s > 0)
      for (const std::vector<Steps>* sign : {&first.elements.positive, &first.elements.negative})
        for (const Steps& function : *sign)
          for (const Step& step : function)
            if (const auto part = intersection(scaled(step.at, s), c.scale.at))
              own.push_back({*part, step.value * s});
    composer.add_scale(block_error_curve({c.scale}, first.unit_curve), own);
  }
  return std::move(composer).take();
}

}  // namespace mxscope::analysis
