// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// JSON lines of finished tasks, safe against a kill at any moment.
#include "reports/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "reports/json_input.h"
#include "reports/sha256.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr auto kSyncEvery = std::chrono::seconds(5);
constexpr const char* kKind = "mxscope verify";

constexpr std::string_view kSealStart = "{\"check\":\"";
constexpr std::size_t kSealDigits = 16;

/// A line that begins with a digest of its rest, by which an edited one is known.
std::string line_of(const nlohmann::json& json) {
  const std::string rest =
      json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(1);
  Sha256 digest;
  digest.add(rest);
  return fmt::format("{}{}\",{}\n", kSealStart, digest.hex().substr(0, kSealDigits), rest);
}

bool is_sealed(std::string_view line) {
  const std::size_t start = kSealStart.size() + kSealDigits + 2;
  if (line.size() < start || line.substr(0, kSealStart.size()) != kSealStart) return false;
  Sha256 digest;
  digest.add(line.substr(start));
  return digest.hex().substr(0, kSealDigits) == line.substr(kSealStart.size(), kSealDigits);
}

WriteError cannot(std::string_view verb, const std::string& path) {
  return WriteError(fmt::format("cannot {} {}: {}", verb, path, std::strerror(errno)));
}

JournalEntry entry_of(const nlohmann::json& json) {
  if (!json.at("index").is_number_unsigned()) throw Error("field index is no whole number");
  if (!json.at("claims").is_array()) throw Error("field claims is no list");
  return {json.at("index").get<std::size_t>(), json.at("task").get<std::string>(),
          json.at("claims").get<std::vector<analysis::Claim>>()};
}

}  // namespace

JournalText parse_journal(std::string_view text, const std::string& path) {
  JournalText out;
  std::size_t number = 0;
  while (true) {
    const std::size_t end = text.find('\n', out.whole_bytes);
    if (end == std::string::npos) break;
    const std::string_view line = text.substr(out.whole_bytes, end - out.whole_bytes);
    ++number;
    const auto bad = [&](std::string_view why) {
      return Error(fmt::format("{}:{}: {}; give another file", path, number, why));
    };
    try {
      if (!is_sealed(line)) throw Error("its check differs; it was edited or cut");
      const nlohmann::json json = parse_json(line);
      if (number > 1)
        out.entries.push_back(entry_of(json));
      else if (json.value("journal", "") == kKind)
        out.header = json;
      else
        throw Error("it is of another kind");
    } catch (const std::exception& e) {
      if (number == 1 && line.find(kKind) == std::string_view::npos)
        throw bad("this is not a journal of mxscope verify");
      throw bad(fmt::format("the line is damaged: {}", e.what()));
    }
    out.whole_bytes = end + 1;
  }
  // Without one whole line only the start of a header of ours may be overwritten.
  const std::size_t shared = std::min(text.size(), kSealStart.size());
  if (number == 0 && text.substr(0, shared) != kSealStart.substr(0, shared))
    throw Error(
        fmt::format("{}:1: this is not a journal of mxscope verify; give another file", path));
  return out;
}

std::string header_difference(const nlohmann::json& there, const nlohmann::json& here) {
  for (const auto& [key, value] : here.items()) {
    const nlohmann::json other = there.contains(key) ? there.at(key) : nlohmann::json();
    if (other == value) continue;
    if (value.is_object() && other.is_object()) return header_difference(other, value);
    const auto shown = [](const nlohmann::json& json) {
      std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return text.size() <= 60 ? text : text.substr(0, 57) + "...";
    };
    return fmt::format("field {} is {} there and {} here", key, shown(other), shown(value));
  }
  return "";
}

Journal::Journal(const std::string& path, const nlohmann::json& header)
    : path_(path),
      file_(open_file(path, O_RDWR | O_CREAT | O_APPEND, 0666)),
      synced_(std::chrono::steady_clock::now()) {
  if (file_.get() < 0) throw cannot("write", path);
  struct stat info = {};
  if (::fstat(file_.get(), &info) != 0 || !S_ISREG(info.st_mode))
    throw Error(fmt::format("{} is not a regular file; a journal needs one", path));
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0)
    throw Error(fmt::format("{} is in use by another run; give each its own journal", path));
  JournalText found = parse_journal(read_whole(path, kMaxJournalBytes), path);
  if (!found.header.is_null()) {
    const std::string difference = header_difference(found.header, header);
    if (!difference.empty())
      throw Error(fmt::format("{} belongs to another request or program: {}; give another file",
                              path, difference));
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(found.whole_bytes)) != 0)
    throw cannot("write", path);
  entries_ = std::move(found.entries);
  if (found.header.is_null()) {
    nlohmann::json marked = header;
    marked["journal"] = kKind;
    const std::string line = line_of(marked);
    write_all(file_.get(), line.data(), line.size(), path_);
  }
}

Journal::~Journal() {
  if (file_.get() >= 0) ::fsync(file_.get());
}

void Journal::append(const JournalEntry& entry) {
  const std::string line =
      line_of({{"index", entry.index}, {"task", entry.task}, {"claims", entry.claims}});
  write_all(file_.get(), line.data(), line.size(), path_);
  // Against a power cut; a kill of the process alone loses nothing written.
  const auto now = std::chrono::steady_clock::now();
  if (now - synced_ < kSyncEvery) return;
  ::fsync(file_.get());
  synced_ = now;
}

}  // namespace mxscope::reports
