// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Trace Event Format of Chromium, gzip of RFC 1952 by zlib.
#include "reports/trace_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <map>

#include "reports/atomic_file.h"
#include "reports/console.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

double microseconds(sim::Tick t, double clock_mhz) {
  return static_cast<double>(t) / sim::kTicksPerCycle / clock_mhz;
}

std::string compressed(const std::string& text) {
  constexpr int kGzip = 16;  // added to the window's bits
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("zlib cannot compress the trace");
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw Error("zlib cannot compress the trace");
  return out;
}

/// Numbers of lanes, so that no two spans of one overlap.
class Lanes {
 public:
  int lane_of(const sim::Span& span) {
    auto& ends = ends_[{span.worker, span.lane}];
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (ends[i] <= span.begin) {
        ends[i] = span.end;
        return static_cast<int>(i);
      }
    ends.push_back(span.end);
    return static_cast<int>(ends.size()) - 1;
  }

 private:
  std::map<std::pair<int, std::string>, std::vector<sim::Tick>> ends_;
};

}  // namespace

std::string trace_json(const std::vector<sim::Span>& spans, double clock_mhz,
                       const std::string& title) {
  // Pipes first, then warps in the order of their first wait; a hundred threads to each.
  std::vector<std::string> order = {"tensor", "copy", "epilogue", "store"};
  const auto place = [&](const std::string& lane) {
    const auto found = std::find(order.begin(), order.end(), lane);
    const auto number = static_cast<int>(found - order.begin());
    if (found == order.end()) order.push_back(lane);
    return 100 * number;
  };
  std::vector<sim::Span> sorted = spans;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const sim::Span& a, const sim::Span& b) { return a.begin < b.begin; });
  std::string text =
      "{\"displayTimeUnit\":\"ns\",\"otherData\":" + nlohmann::json{{"title", title}}.dump() +
      ",\"traceEvents\":[\n";
  Lanes lanes;
  std::map<std::pair<int, int>, std::string> names;
  for (const sim::Span& span : sorted) {
    const int number = lanes.lane_of(span);
    const int thread = place(span.lane) + number;
    names[{span.worker, thread}] =
        number == 0 ? span.lane : fmt::format("{} {}", span.lane, number + 1);
    const double begin = microseconds(span.begin, clock_mhz);
    text += fmt::format(
        "{{\"ph\":\"X\",\"name\":\"{} {}\",\"pid\":{},\"tid\":{},\"ts\":{:.5f},\"dur\":{:.5f},"
        "\"args\":{{\"tile\":{},\"block\":{}}}}},\n",
        span.name, span.block >= 0 ? span.block : span.unit, span.worker, thread, begin,
        microseconds(span.end, clock_mhz) - begin, span.unit, span.block);
  }
  for (const auto& [key, name] : names) {
    text += fmt::format(
        "{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{},\"tid\":{},\"args\":{{\"name\":\"{}\"}}"
        "}},\n"
        "{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{},\"tid\":{},\"args\":"
        "{{\"sort_index\":{}}}}},\n",
        key.first, key.second, name, key.first, key.second, key.second);
  }
  for (auto key = names.begin(); key != names.end(); ++key)
    if (key == names.begin() || std::prev(key)->first.first != key->first.first)
      text += fmt::format(
          "{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{},\"args\":{{\"name\":\"CTA {}\"}}}},"
          "\n",
          key->first.first, key->first.first);
  if (text.size() > 2 && text[text.size() - 2] == ',') text.erase(text.size() - 2, 1);
  return text + "]}\n";
}

void write_trace(const std::string& path, const std::string& json) {
  const bool gzip = path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
  if (gzip && json.size() > std::numeric_limits<uInt>::max())
    throw Error(fmt::format("{}: a trace of {} bytes is too long", printable(path), json.size()));
  write_file(path, gzip ? compressed(json) : json);
}

}  // namespace mxscope::reports
