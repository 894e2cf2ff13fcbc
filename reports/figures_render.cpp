// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Runs python/render_figures.py on the Vega-Lite documents and takes the SVGs back.
#include "reports/figures_render.h"

#include <fmt/format.h>

#include <filesystem>

#include "reports/atomic_file.h"
#include "reports/child_program.h"
#include "reports/interrupt.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

namespace fs = std::filesystem;

/// The script's exit code when vl-convert-python is missing.
constexpr int kPackageMissing = 3;

constexpr const char* kInstall =
    "install the renderer with 'pip install vl-convert-python' and name its interpreter with "
    "--python";

}  // namespace

std::string default_renderer_script() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path installed =
      program.parent_path() / ".." / "share" / "mxscope" / "render_figures.py";
  if (!none && fs::exists(installed, none)) return installed.lexically_normal().string();
#ifdef MXSCOPE_SOURCE_DIR
  return MXSCOPE_SOURCE_DIR "/python/render_figures.py";
#else
  return "python/render_figures.py";
#endif
}

void check_renderer(const Renderer& renderer) {
  std::error_code none;
  if (!renderer.script.empty() && !fs::is_regular_file(renderer.script, none))
    throw Error(fmt::format("--renderer {}: there is no such file", renderer.script));
  if (renderer.python.empty()) return;
  if (program_in_path(renderer.python).empty())
    throw Error(fmt::format("--python {}: there is no such program", renderer.python));
}

Rendering render_figures(const std::vector<Figure>& figures, const Renderer& renderer) {
  std::error_code none;
  if (!fs::is_regular_file(renderer.script, none))
    return {{},
            fmt::format("there is no renderer script at {}; --renderer names it", renderer.script)};
  const TemporaryFolder folder;
  for (const Figure& figure : figures)
    write_file((folder.path() / (figure.name + ".vl.json")).string(), to_vega_lite(figure));
  const fs::path log = folder.path() / "log";
  const int status = run_quietly(
      {renderer.python, renderer.script, folder.path().string(), folder.path().string()}, log);
  throw_if_interrupted();
  if (status == kPackageMissing) return {{}, kInstall};
  if (status == 127)
    return {{}, fmt::format("there is no Python interpreter '{}'; {}", renderer.python, kInstall)};
  if (status != 0) {
    std::string said = whole_file(log);
    while (!said.empty() && said.back() == '\n') said.pop_back();
    const auto line = said.rfind('\n');
    return {{},
            fmt::format("drawing failed ({})",
                        line == std::string::npos ? said : said.substr(line + 1))};
  }
  Rendering rendering;
  for (const Figure& figure : figures) {
    std::string svg = whole_file(folder.path() / (figure.name + ".svg"));
    if (!svg.starts_with("<svg"))
      return {{}, fmt::format("the renderer gave no picture of {}", figure.name)};
    rendering.svgs[figure.name] = std::move(svg);
  }
  return rendering;
}

}  // namespace mxscope::reports
