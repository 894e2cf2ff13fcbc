// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Runs python/render_figures.py on the Vega-Lite documents and takes the SVGs back.
#include "reports/figures_render.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "analysis/text_lines.h"
#include "reports/atomic_file.h"
#include "reports/interrupt.h"
#include "spec/error.h"

extern char** environ;

namespace mxscope::reports {
namespace {

namespace fs = std::filesystem;

/// The script's exit code when vl-convert-python is missing.
constexpr int kPackageMissing = 3;

constexpr const char* kInstall =
    "install the renderer with 'pip install vl-convert-python' and name its interpreter with "
    "--python";

/// A folder that is gone with its contents when the work is done.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "mxscope-figures.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw Error(fmt::format("cannot make a temporary folder: {}", std::strerror(errno)));
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Waits for a child to end and gives its wait status. Where a signal interrupts us, the child is
/// ended too: it may not have been told, or not listen.
int wait_for(pid_t child) {
  constexpr auto kLookEvery = std::chrono::milliseconds(10);
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR)
      throw Error(fmt::format("cannot wait for the renderer: {}", std::strerror(errno)));
    if (interrupt_flag()) {
      ::kill(child, SIGKILL);
      while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
      }
      throw_if_interrupted();
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

/// Runs a program to its end, its output in a file. Returns its exit status, 127 where it cannot be
/// started and 128 where a signal ended it. Throws Interrupted, with the program ended.
int run_quietly(std::vector<std::string> words, const fs::path& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return 127;
  const int status = wait_for(child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

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
  const auto runs = [](const std::string& path) { return ::access(path.c_str(), X_OK) == 0; };
  bool found = renderer.python.find('/') != std::string::npos && runs(renderer.python);
  if (renderer.python.find('/') == std::string::npos) {
    const char* const path = std::getenv("PATH");
    for (const std::string_view folder : analysis::split(path == nullptr ? "" : path, ':'))
      found = found || runs(fmt::format("{}/{}", folder, renderer.python));
  }
  if (!found) throw Error(fmt::format("--python {}: there is no such program", renderer.python));
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
    std::string said = read_text(log);
    while (!said.empty() && said.back() == '\n') said.pop_back();
    const auto line = said.rfind('\n');
    return {{},
            fmt::format("drawing failed ({})",
                        line == std::string::npos ? said : said.substr(line + 1))};
  }
  Rendering rendering;
  for (const Figure& figure : figures) {
    std::string svg = read_text(folder.path() / (figure.name + ".svg"));
    if (!svg.starts_with("<svg"))
      return {{}, fmt::format("the renderer gave no picture of {}", figure.name)};
    rendering.svgs[figure.name] = std::move(svg);
  }
  return rendering;
}

}  // namespace mxscope::reports
