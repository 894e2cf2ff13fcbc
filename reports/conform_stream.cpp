// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The pipe: inputs out, results in, chunk by chunk.
#include "reports/conform_stream.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/descriptor.h"
#include "reports/interrupt.h"
#include "reports/progress.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using analysis::LineForm;
using spec::Operation;

/// Records of one chunk: what fits a core's cache, and no fewer than one.
std::size_t chunk_cases(const Operation& operation) {
  constexpr std::size_t kBytes = std::size_t{1} << 18;
  return std::max<std::size_t>(1, kBytes / (operation.input.bytes() + operation.result.bytes()));
}

/// Results from a descriptor, in either form.
class Results {
 public:
  Results(const Operation& operation, const StreamRequest& request, std::uint64_t cases)
      : operation_(operation),
        request_(request),
        cases_(cases),
        name_(request.file.empty() ? "standard input" : request.file) {
    if (!request.file.empty()) file_ = open_to_read(request.file);
    fd_ = request.file.empty() ? STDIN_FILENO : file_.get();
    if (request.raw) return;
    const auto read = [this](char* data, std::size_t size) {
      return read_some(fd_, data, size, name_);
    };
    lines_.emplace(analysis::TextLines(read, name_), operation, request.form);
  }

  void read(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
    if (request_.raw)
      read_raw(count, inputs, results);
    else
      for (std::size_t i = 0; i < count; ++i)
        if (!lines_->next(inputs + i * operation_.input.bytes(),
                          results + i * operation_.result.bytes()))
          throw ends_early(done_ + i, "");
    done_ += count;
  }

  /// Throws Error unless nothing follows.
  void expect_end() {
    const std::vector<std::uint8_t> input(operation_.input.bytes());
    std::vector<std::uint8_t> more(operation_.result.bytes());
    bool follows = false;
    if (request_.raw) {
      follows = read_up_to(fd_, more.data(), 1, name_) > 0;
    } else {
      try {
        follows = lines_->next(input.data(), more.data());
      } catch (const Error&) {
        follows = true;
      }
    }
    if (follows)
      throw Error(
          fmt::format("{} goes on after the results of all {} cases; is it of another "
                      "level, seed or operation?",
                      name_, cases_));
  }

 private:
  Error ends_early(std::uint64_t whole, const std::string& rest) const {
    return Error(
        fmt::format("{} ends after the results of {} of {} cases{}; the program under "
                    "test stopped early, or the cases were of another level",
                    name_, whole, cases_, rest));
  }

  void read_raw(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
    const bool echoed = request_.form == LineForm::kEchoed;
    const std::size_t in = operation_.input.bytes();
    const std::size_t out = operation_.result.bytes();
    const std::size_t record = out + (echoed ? in : 0);
    buffer_.resize(count * record);
    const std::size_t got = read_up_to(fd_, buffer_.data(), buffer_.size(), name_);
    if (got < buffer_.size()) {
      const std::size_t rest = got % record;
      throw ends_early(
          done_ + got / record,
          rest == 0 ? "" : fmt::format(" and {} of {} bytes of the next", rest, record));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* const at = &buffer_[i * record];
      if (echoed && !std::equal(at, at + in, inputs + i * in))
        throw Error(
            fmt::format("{}: the input of record {} is not that of case {}; results are "
                        "out of order, or of another level, seed or operation",
                        name_, done_ + i + 1, done_ + i + 1));
      if (echoed) std::copy_n(at + in, out, results + i * out);
    }
    if (!echoed) std::copy(buffer_.begin(), buffer_.end(), results);
  }

  const Operation& operation_;
  const StreamRequest& request_;
  std::uint64_t cases_;
  std::string name_;
  Descriptor file_;
  int fd_ = -1;
  std::optional<analysis::ResultLines> lines_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t done_ = 0;
};

}  // namespace

int write_cases(const Operation& operation, const StreamRequest& request) {
  const spec::CaseList cases = operation.cases(request.level, request.seed);
  const std::size_t most = chunk_cases(operation);
  std::vector<std::uint8_t> records(most * operation.input.bytes());
  std::string text;
  flush_output();
  for (std::uint64_t first = 0; first < cases.count; first += most) {
    throw_if_interrupted();
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(most, cases.count - first));
    cases.fill(first, n, records.data());
    if (request.raw) {
      write_all(STDOUT_FILENO, records.data(), n * operation.input.bytes(), "standard output");
      continue;
    }
    text.clear();
    for (std::size_t i = 0; i < n; ++i) {
      analysis::append_record(text, operation.input, &records[i * operation.input.bytes()]);
      text += '\n';
    }
    write_all(STDOUT_FILENO, text.data(), text.size(), "standard output");
  }
  return kAllHolds;
}

analysis::Diagnosis check_results(const Operation& operation, const StreamRequest& request) {
  const spec::CaseList cases = operation.cases(request.level, request.seed);
  const spec::Model model = operation.model({}).value();
  const std::size_t most = chunk_cases(operation);
  std::vector<std::uint8_t> inputs(most * operation.input.bytes());
  std::vector<std::uint8_t> expected(most * operation.result.bytes());
  std::vector<std::uint8_t> given(expected.size());
  Results results(operation, request, cases.count);
  analysis::Evidence evidence(operation, cases.count);
  Progress progress("conform check", "cases", static_cast<std::size_t>(cases.count),
                    static_cast<double>(cases.count));
  for (std::uint64_t first = 0; first < cases.count; first += most) {
    throw_if_interrupted();
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(most, cases.count - first));
    cases.fill(first, n, inputs.data());
    model(n, inputs.data(), expected.data());
    results.read(n, inputs.data(), given.data());
    evidence.add(n, inputs.data(), expected.data(), given.data());
    progress.advance(static_cast<double>(n), n);
  }
  results.expect_end();
  return analysis::diagnose(operation, evidence, throw_if_interrupted);
}

}  // namespace mxscope::reports
