// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/figures.h"

namespace mxscope::reports {

/// Where the program that draws Vega-Lite documents is.
struct Renderer {
  std::string python;  ///< an interpreter that has vl-convert-python
  std::string script;  ///< render_figures.py
};

struct Rendering {
  std::map<std::string, std::string> svgs;  ///< by figure name; all or none
  std::string failure;                      ///< one clause: why there are none, or ""
};

/// The script beside the installed program, else the one of the source tree it was built from.
std::string default_renderer_script();

/// Throws Error for an interpreter or script that cannot be found; empty ones are not checked.
void check_renderer(const Renderer& renderer);

/// Draws figures in a temporary folder. A missing interpreter, script or package is no error: a
/// report without pictures still has every number.
Rendering render_figures(const std::vector<Figure>& figures, const Renderer& renderer);

}  // namespace mxscope::reports
