// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Packs of vectors: written with everything that makes them again, checked by making them again.
#include "reports/conform_pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "reports/json_input.h"
#include "reports/operation_list.h"
#include "reports/sha256.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using spec::Arguments;
using spec::Operation;

constexpr std::size_t kMaxPackBytes = std::size_t{1} << 30;

struct PackRow {
  std::string kind;
  Arguments arguments;
};

/// What a folder of packs holds unless one asks for a kind.
const std::vector<PackRow>& standard_packs() {
  static const std::vector<PackRow> all = [] {
    std::vector<PackRow> rows;
    for (const char* const to : {"e4m3", "e5m2", "e2m1", "e2m3", "e3m2", "e8m0", "ue4m3"}) {
      rows.push_back({"cast", {{"to", to}}});
      rows.push_back({"cast", {{"to", to}, {"from", "bf16"}}});
      rows.push_back({"decode", {{"from", to}}});
    }
    rows.push_back({"cast", {{"to", "e4m3"}, {"overflow", "nan"}}});
    rows.push_back({"cast", {{"to", "e2m1"}, {"round", "sr-a"}, {"random-bits", "8"}}});
    for (const char* const recipe :
         {"mxfp4", "mxfp4_rceil", "mxfp8_e4m3", "mxfp8_e4m3_rceil", "mxfp6_e3m2", "nvfp4"})
      for (const char* const kind : {"scale", "quantize", "dequantize"})
        rows.push_back({kind, {{"recipe", recipe}}});
    for (const char* const bits : {"4", "6"})
      for (const char* const kind : {"pack", "unpack"}) rows.push_back({kind, {{"bits", bits}}});
    rows.push_back({"layout", {}});
    rows.push_back({"layout", {{"direction", "unswizzle"}}});
    for (const char* const unit : {"sm80.mma.bf16", "sm90.wgmma.fp8", "sm100.tcgen05.mxf4nvf4",
                                   "sm120.mma.mxf4nvf4", "sm120.mma.mxf8f6f4"})
      rows.push_back({"dot", {{"unit", unit}}});
    for (const char* const stage : {"arcquant_16", "arcquant_32"})
      rows.push_back({"dual", {{"stage", stage}}});
    return rows;
  }();
  return all;
}

/// "cast_fp32_e4m3": the kind and the arguments that are not left to themselves.
std::string file_stem(const PackRow& row) {
  std::string out = row.kind;
  for (const auto& [name, value] : row.arguments) out += "_" + value;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '/' || c == ',' || c == '='; }, '-');
  return out;
}

nlohmann::json fields_json(const spec::RecordLayout& layout) {
  nlohmann::json out = nlohmann::json::array();
  for (const spec::WordField& field : layout.fields)
    out.push_back({{"name", field.name},
                   {"format", field.format},
                   {"bytes", field.word_bytes()},
                   {"count", field.count}});
  return out;
}

std::string fields_text(const spec::RecordLayout& layout) {
  std::string out;
  for (const spec::WordField& field : layout.fields)
    out += fmt::format("{}{}{} of {} bytes{}", out.empty() ? "" : ", ", field.name,
                       field.count == 1 ? "" : fmt::format("[{}]", field.count), field.word_bytes(),
                       field.format.empty() ? "" : " (" + field.format + ")");
  return out;
}

std::string arguments_text(const Arguments& arguments) {
  std::string out;
  for (const auto& [name, value] : arguments)
    if (!value.empty()) out += fmt::format(" --{} {}", name, value);
  return out;
}

/// The whole CSV of an operation.
std::string pack_text(const Operation& operation, const StreamRequest& request) {
  const spec::CaseList cases = operation.cases(request.level, request.seed);
  const std::size_t in = operation.input.bytes();
  const std::size_t out = operation.result.bytes();
  if (cases.count > kMaxPackBytes / (3 * (in + out) + 1))
    throw Error(fmt::format("{} has {} cases, too many for a file of at most {} bytes; use gen",
                            operation.title, cases.count, kMaxPackBytes));
  std::string text = fmt::format(
      "# mxscope test vectors, version {}\n# operation: {}{}\n# {}\n# source: {}\n"
      "# level {}, seed {}, {} cases\n# input: {}\n# result: {}\n",
      kPackVersion, operation.kind, arguments_text(operation.arguments), operation.title,
      operation.source, static_cast<int>(request.level), request.seed, cases.count,
      fields_text(operation.input), fields_text(operation.result));
  constexpr std::size_t kChunk = 4096;
  std::vector<std::uint8_t> inputs(kChunk * in), results(kChunk * out);
  const spec::Model model = operation.model({}).value();
  for (std::uint64_t first = 0; first < cases.count; first += kChunk) {
    throw_if_interrupted();
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, cases.count - first));
    cases.fill(first, n, inputs.data());
    model(n, inputs.data(), results.data());
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t start = text.size();
      analysis::append_record(text, operation.input, &inputs[i * in]);
      text += ' ';
      analysis::append_record(text, operation.result, &results[i * out]);
      std::replace(text.begin() + static_cast<std::ptrdiff_t>(start), text.end(), ' ', ',');
      text += '\n';
    }
  }
  return text;
}

std::string sha256_of(std::string_view text) {
  Sha256 sha;
  sha.add(text);
  return sha.hex();
}

/// One row of a manifest.
struct PackEntry {
  std::string file, sha256;
  PackRow row;
  StreamRequest request;
};

std::vector<PackEntry> read_manifest(const std::string& path, Run& run) {
  const std::string text = run.read_input(path, kMaxPackBytes);
  const auto bad = [&](const std::string& what) {
    return Error(fmt::format("{}: {}; write the pack again with mxscope conform pack", path, what));
  };
  std::vector<PackEntry> out;
  try {
    const nlohmann::json json = parse_json(text);
    if (json.at("version").get<int>() != kPackVersion)
      throw bad(fmt::format("version is not {}", kPackVersion));
    for (const nlohmann::json& pack : json.at("packs")) {
      PackEntry entry;
      entry.file = pack.at("file").get<std::string>();
      if (entry.file.find('/') != std::string::npos) throw bad("a field file names a folder");
      entry.sha256 = pack.at("sha256").get<std::string>();
      entry.row.kind = pack.at("operation").get<std::string>();
      for (const auto& [name, value] : pack.at("arguments").items())
        entry.row.arguments[name] = value.get<std::string>();
      const int level = pack.at("level").get<int>();
      if (level < 1 || level > 3) throw bad("a field level is not 1, 2 or 3");
      entry.request.level = static_cast<spec::CaseLevel>(level);
      entry.request.seed = pack.at("seed").get<std::uint64_t>();
      out.push_back(std::move(entry));
    }
  } catch (const nlohmann::json::exception& e) {
    throw bad(e.what());
  }
  return out;
}

Operation operation_of(const PackRow& row) {
  return find_operation_kind(row.kind).make(row.arguments);
}

}  // namespace

int write_packs(const std::string& folder, const std::string& kind, const StreamRequest& request,
                const Run& run) {
  std::vector<PackRow> rows = standard_packs();
  if (!kind.empty()) {
    find_operation_kind(kind);
    std::erase_if(rows, [&](const PackRow& row) { return row.kind != kind; });
    if (rows.empty()) throw Error(fmt::format("the standard packs have none of {}", kind));
  }
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw Error(fmt::format("cannot make folder {}: {}", folder, problem.message()));
  std::vector<std::unique_ptr<AtomicFile>> files;
  nlohmann::json packs = nlohmann::json::array();
  Table table({{"file"}, {"cases", true}, {"operation"}});
  for (const PackRow& row : rows) {
    const Operation operation = operation_of(row);
    const std::string text = pack_text(operation, request);
    const std::string name = file_stem(row) + ".csv";
    files.push_back(std::make_unique<AtomicFile>(folder + "/" + name));
    files.back()->write(text);
    const std::uint64_t cases = operation.cases(request.level, request.seed).count;
    packs.push_back({{"file", name},
                     {"sha256", sha256_of(text)},
                     {"operation", row.kind},
                     {"title", operation.title},
                     {"source", operation.source},
                     {"arguments", operation.arguments},
                     {"level", static_cast<int>(request.level)},
                     {"seed", request.seed},
                     {"cases", cases},
                     {"input", fields_json(operation.input)},
                     {"result", fields_json(operation.result)}});
    table.add({name, std::to_string(cases), operation.title});
  }
  files.push_back(std::make_unique<AtomicFile>(folder + "/manifest.json"));
  files.back()->write(json_text(
      {{"version", kPackVersion}, {"mxscope", run.version}, {"packs", std::move(packs)}}));
  for (const auto& file : files) file->commit();
  print(table.text());
  return kAllHolds;
}

int check_packs(const std::string& folder, const std::string& results, bool json, Run run) {
  const std::vector<PackEntry> entries = read_manifest(folder + "/manifest.json", run);
  nlohmann::json rows = nlohmann::json::array();
  Table table({{"file"}, {"cases", true}, {"differ", true}, {"theirs"}});
  bool all_conform = true;
  for (const PackEntry& entry : entries) {
    const std::string path = folder + "/" + entry.file;
    const std::string text = run.read_input(path, kMaxPackBytes);
    if (sha256_of(text) != entry.sha256)
      throw Error(fmt::format("{}: its SHA-256 is not the manifest's; it was altered", path));
    const Operation operation = operation_of(entry.row);
    StreamRequest request = entry.request;
    if (results.empty()) {
      // The pack's own lines have inputs and results: they are checked like anybody's.
      request.form = analysis::LineForm::kEchoed;
      request.file = path;
    } else {
      request.file = results + "/" + entry.file.substr(0, entry.file.rfind('.')) + ".txt";
    }
    const analysis::Diagnosis d = check_results(operation, request);
    all_conform = all_conform && d.conforms();
    table.add({entry.file, std::to_string(d.cases), std::to_string(d.mismatches),
               d.conforms() ? "" : diagnosis_headline(d)});
    nlohmann::json row = diagnosis_json(operation, request, d);
    row["file"] = entry.file;
    rows.push_back(std::move(row));
  }
  if (json)
    print(json_text({{"run", run}, {"packs", std::move(rows)}}));
  else
    print(table.text() + fmt::format("{} packs: {}\n", entries.size(),
                                     all_conform ? "all conform" : "some results differ"));
  return all_conform ? kAllHolds : kRefuted;
}

}  // namespace mxscope::reports
