// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Prints the page with a browser that has no window.
#include "reports/page_pdf.h"

#include <fmt/format.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "reports/child_program.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

std::string without_file_links(std::string_view html) {
  constexpr std::string_view kLink = "<a href=\"";
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; (at = html.find(kLink, at)) != std::string_view::npos;) {
    const std::size_t target = at + kLink.size();
    const std::size_t end = html.find('"', target);
    if (end == std::string_view::npos) break;
    if (html[target] != '#') {
      out += html.substr(from, at - from);
      out += "<a";
      from = end + 1;
    }
    at = end;
  }
  return out += html.substr(from);
}

}  // namespace

std::string find_browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"})
    if (std::string path = program_in_path(name); !path.empty()) return path;
  throw Error(
      "--pdf needs Chromium, and there is none in the path; install it (Debian: chromium), or "
      "print "
      "index.html from any browser");
}

std::string printed_page(std::string_view html, const std::string& browser) {
  const TemporaryFolder folder;
  const std::string page = (folder.path() / "index.html").string();
  const std::string pdf = (folder.path() / "report.pdf").string();
  write_file(page, without_file_links(html));
  std::vector<std::string> words = {browser,
                                    "--headless",
                                    "--disable-gpu",
                                    "--no-first-run",
                                    "--no-pdf-header-footer",
                                    "--user-data-dir=" + (folder.path() / "profile").string(),
                                    "--print-to-pdf=" + pdf,
                                    "file://" + page};
  // Chromium refuses to sandbox the superuser; the page is ours.
  if (::geteuid() == 0) words.insert(words.begin() + 1, "--no-sandbox");
  const int status = run_quietly(words, folder.path() / "log");
  std::string bytes = whole_file(pdf);
  if (status != 0 || !bytes.starts_with("%PDF"))
    throw Error(fmt::format("{} printed no PDF (exit code {}); print index.html from any browser",
                            browser, status));
  return bytes;
}

}  // namespace mxscope::reports
