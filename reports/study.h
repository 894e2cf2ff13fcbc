// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Questions about ARCQuant and MicroMix, each settled by the same layers run in several ways.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "reports/layer_source.h"

namespace mxscope::reports {

/// A layer with all that its runs share.
struct StudyLayer {
  const LoadedLayer& loaded;
  const LayerReference& reference;
  const SchemeChoice& choice;
  const LayerOptions& options;
};

/// Quantities by name, in the order of a table's columns.
using Measures = std::vector<std::pair<std::string, double>>;

/// One of the ways, and what comes of it on a layer.
struct Variant {
  std::string label;
  std::function<Measures(const StudyLayer&)> measure;
};

struct Question {
  std::string id;    ///< "residuals"
  std::string text;  ///< the question, and what the columns are where that is not plain
  std::vector<Variant> variants;
};

/// All of them, in the order to show them in.
std::vector<Question> study_questions();

}  // namespace mxscope::reports
