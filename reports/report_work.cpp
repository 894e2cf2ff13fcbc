// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/report_work.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

#include "analysis/codec_claims.h"
#include "reports/bound_story.h"
#include "reports/interrupt.h"
#include "reports/journal.h"
#include "reports/progress.h"
#include "reports/verify_subject.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Task;

// Seconds of one core, about; they only shape the bar.
constexpr double kBoundSeconds = 25;
constexpr double kQuickSeconds = 40;
constexpr double kFamilySeconds = 6;
struct SubjectCost {
  const char* name;
  double seconds;
};
// verify recipes takes as long as all the rest and is left to verify.
constexpr SubjectCost kSubjects[] = {
    {"codec", 320}, {"layout", 1}, {"moments", 30}, {"bounds", 60}};
constexpr const char* kFamilies[] = {"e4m3", "e5m2", "e2m1", "e8m0"};

/// One mode and policy for each narrow format, on all binary32 inputs, and what follows from the
/// oracle's step maps alone.
std::vector<Task> quick_tasks() {
  analysis::CodecRequest request;
  for (const spec::Format& f : spec::builtin_formats())
    if (f.bits <= 8) request.formats.push_back(f);
  request.roundings = {spec::Rounding::kNearestEven};
  request.quick = true;
  std::vector<Task> tasks = analysis::exhaustive_codec_tasks(request);
  for (auto& more : {analysis::property_tasks(request), analysis::two_step_tasks(request)})
    tasks.insert(tasks.end(), more.begin(), more.end());
  return tasks;
}

/// Tasks whose costs sum to `seconds`.
std::vector<Task> scaled(std::vector<Task> tasks, double seconds) {
  double sum = 0;
  for (const Task& task : tasks) sum += task.cost;
  for (Task& task : tasks) task.cost *= seconds / std::max(sum, 1e-9);
  return tasks;
}

/// What a task's claims become part of.
enum class Kind : std::uint8_t { kFigure, kBound, kClaim };

class Work {
 public:
  Work(const ReportRequest& request, PageContent& content) : request_(request), content_(content) {
    const auto& sections = request.sections;
    const auto any = [&](auto member) {
      return std::any_of(sections.begin(), sections.end(),
                         [&](const PageSection& s) { return s.*member; });
    };
    const std::vector<FigureSource> sources = sources_of(sections);
    figures_.resize(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i)
      add({{"figure/" + std::string(sources[i].name), sources[i].seconds,
            [make = sources[i].make, slot = &figures_[i]](const auto& /*stop*/) {
              *slot = make();
              return std::vector<Claim>();
            }}},
          Kind::kFigure);
    if (any(&PageSection::families)) {
      content.families.resize(std::size(kFamilies));
      for (std::size_t i = 0; i < std::size(kFamilies); ++i)
        add({{std::string("conversions/") + kFamilies[i], kFamilySeconds,
              [name = kFamilies[i], slot = &content.families[i]](const auto& /*stop*/) {
                *slot = conversion_family(name);
                return std::vector<Claim>();
              }}},
            Kind::kFigure);
    }
    if (any(&PageSection::bounds))
      add(scaled(bound_story_tasks(sink()), kBoundSeconds), Kind::kBound);
    if (request.check_claims && any(&PageSection::claims)) add_claims();
  }

  std::map<std::string, std::string> run() {
    double cost = 0;
    for (const Task& task : tasks_) cost += task.cost;
    std::vector<std::vector<Claim>> found(tasks_.size());
    std::vector<std::size_t> open;
    std::optional<Journal> journal = open_journal();
    {
      Progress progress("report", "parts", tasks_.size(), cost);
      for (std::size_t k = 0; k < tasks_.size(); ++k) {
        if (journal && take(*journal, k, found[k]))
          progress.advance(tasks_[k].cost);
        else
          open.push_back(k);
      }
      std::vector<Task> rest;
      for (const std::size_t k : open) rest.push_back(tasks_[k]);
      const bool finished = run_tasks(rest, request_.threads, interrupt_flag(),
                                      [&](std::size_t i, const std::vector<Claim>& claims) {
                                        const std::size_t k = open[i];
                                        found[k] = claims;
                                        if (journal && kinds_[k] == Kind::kClaim)
                                          journal->append({k, tasks_[k].id, claims});
                                        progress.advance(tasks_[k].cost);
                                      });
      if (!finished)
        throw Interrupted(request_.journal.empty()
                              ? "stopped before anything was written; run it again"
                              : "stopped; run it again with the same --journal to go on");
    }
    for (std::size_t k = 0; k < tasks_.size(); ++k) {
      auto& into = kinds_[k] == Kind::kBound ? content_.bound_claims : content_.claims;
      std::move(found[k].begin(), found[k].end(), std::back_inserter(into));
    }
    for (std::vector<Figure>& some : figures_)
      std::move(some.begin(), some.end(), std::back_inserter(content_.figures));
    for (const auto& [id, text] : certificates_) content_.certificates.insert(id);
    return std::move(certificates_);
  }

 private:
  void add(std::vector<Task> tasks, Kind kind) {
    for (Task& task : tasks) {
      tasks_.push_back(std::move(task));
      kinds_.push_back(kind);
    }
  }

  analysis::CertificateSink sink() {
    return [this](const std::string& id, const std::string& text) {
      const std::lock_guard<std::mutex> lock(certificates_lock_);
      certificates_[id] = text;
    };
  }

  /// The claims of every subject that the bounds' story does not have.
  void add_claims() {
    if (request_.quick) return add(scaled(quick_tasks(), kQuickSeconds), Kind::kClaim);
    Run run = content_.run;
    for (const SubjectCost& cost : kSubjects) {
      subjects_.push_back(find_verify_subject(cost.name));
      std::vector<Task> tasks = subjects_.back()->tasks(run).tasks;
      std::erase_if(tasks, [&](const Task& task) {
        return std::any_of(tasks_.begin(), tasks_.end(),
                           [&](const Task& other) { return other.id == task.id; });
      });
      add(scaled(std::move(tasks), cost.seconds), Kind::kClaim);
    }
  }

  std::optional<Journal> open_journal() const {
    if (request_.journal.empty()) return std::nullopt;
    nlohmann::json sections = nlohmann::json::array();
    for (const PageSection& s : request_.sections) sections.push_back(s.id);
    return std::optional<Journal>(
        std::in_place, request_.journal,
        nlohmann::json{{"version", content_.run.version},
                       {"program", program_digest()},
                       {"report", {{"quick", request_.quick}, {"sections", sections}}}});
  }

  /// The claims of task k, if the journal has them.
  bool take(const Journal& journal, std::size_t k, std::vector<Claim>& claims) const {
    if (kinds_[k] != Kind::kClaim) return false;
    for (const JournalEntry& entry : journal.entries())
      if (entry.index == k && entry.task == tasks_[k].id) {
        claims = entry.claims;
        return true;
      }
    return false;
  }

  const ReportRequest& request_;
  PageContent& content_;
  std::vector<Task> tasks_;
  std::vector<Kind> kinds_;
  std::vector<std::vector<Figure>> figures_;
  std::vector<std::unique_ptr<VerifySubject>> subjects_;
  std::mutex certificates_lock_;
  std::map<std::string, std::string> certificates_;
};

}  // namespace

std::map<std::string, std::string> compute(const ReportRequest& request, PageContent& content) {
  return Work(request, content).run();
}

}  // namespace mxscope::reports
