// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/engine_plan.h"

#include <algorithm>
#include <cmath>

#include "sim/residency.h"

namespace mxscope::sim {
namespace {

using Deal = std::vector<std::vector<WorkUnit>>;
using Residency = std::vector<std::vector<UnitResidency>>;

double copy_bytes(const Program& program, Operand data, Operand scales) {
  const TileCopy& copy = program.copies[static_cast<std::size_t>(data)];
  const TileCopy& scale = program.copies[static_cast<std::size_t>(scales)];
  return static_cast<double>((copy.global_bytes + scale.global_bytes) * program.sms_per_worker);
}

std::int64_t whole(double bytes) { return static_cast<std::int64_t>(std::llround(bytes)); }

/// Of one block of K of one worker, in bytes.
struct Demand {
  double a = 0, b = 0;  ///< read by its SMs
  double l2 = 0;        ///< read from the L2: a multicast reads once for several SMs
  double fill = 0, read = 0;
};

Demand demand_of(const Program& program) {
  Demand d;
  d.a = copy_bytes(program, Operand::kA, Operand::kScaleA);
  d.b = copy_bytes(program, Operand::kB, Operand::kScaleB);
  d.l2 = d.a / program.copies[0].receivers + d.b / program.copies[1].receivers;
  d.fill = static_cast<double>(program.stage_bytes * program.sms_per_worker);
  // 32 bytes of K of each row, for every instruction that reads shared memory by itself. Of a pair,
  // each SM reads its half of A and its half of B.
  const BlockMma& mma = program.mma;
  d.read = mma.asynchronous ? 32.0 * static_cast<double>(mma.count * (mma.m + mma.n))
                            : static_cast<double>(mma.smem_bytes);
  return d;
}

/// What some units ask for together.
struct Totals {
  std::int64_t units = 0, blocks = 0;
  bool missed = false;
  double dram = 0, store = 0, reduce = 0, c = 0;

  void add(const Totals& other) {
    units += other.units;
    blocks += other.blocks;
    missed |= other.missed;
    dram += other.dram;
    store += other.store;
    reduce += other.reduce;
    c += other.c;
  }
};

class Planner {
 public:
  Planner(const Program& program, const Deal& work, const Residency& residency, bool writes_dram,
          bool c_missed)
      : program_(program),
        work_(work),
        residency_(residency),
        demand_(demand_of(program)),
        writes_dram_(writes_dram),
        c_missed_(c_missed) {}

  Totals totals(std::size_t worker, std::size_t number) const {
    const WorkUnit& unit = work_[worker][number];
    const UnitResidency& r = residency_[worker][number];
    Totals t{.units = 1, .blocks = unit.blocks(), .missed = r.a_missed || r.b_missed};
    t.dram = (demand_.a * r.a_share + demand_.b * r.b_share) * unit.blocks();
    const double sms = program_.sms_per_worker;
    const double sums = sms * static_cast<double>(program_.accumulator_bytes);
    t.store = unit.others < 0 ? sums : sms * static_cast<double>(program_.store_bytes);
    t.reduce = std::max(unit.others, 0) * sums;
    if (program_.problem.adds_c && unit.others >= 0) t.c = t.store;
    // Of what is stored, as much is written back meanwhile as there was room for.
    if (writes_dram_) t.dram += totals_stored(worker, number);
    return t;
  }

  Totals wave(std::size_t number) const {
    Totals t;
    for (std::size_t i = 0; i < work_.size(); ++i)
      if (number < work_[i].size()) t.add(totals(i, number));
    return t;
  }

  /// The unit `own` of a worker that stands for `all`, of which `simulated` are simulated.
  UnitPlan plan(const Totals& own, const Totals& all, const Totals& simulated) const {
    const double blocks = static_cast<double>(all.blocks) / static_cast<double>(simulated.blocks);
    const double units = 1.0 / static_cast<double>(simulated.units);
    UnitPlan plan;
    plan.blocks = own.blocks;
    plan.missed = all.missed;
    plan.l2 = request(demand_.l2 * blocks, demand_.l2);
    const double dram = all.dram / static_cast<double>(simulated.blocks);
    plan.dram = request(dram, dram / blocks);
    plan.fill_bytes = whole(demand_.fill * blocks);
    plan.read_bytes = whole(demand_.read * blocks);
    plan.store = request(all.store * units, std::min(own.store, all.store * units));
    plan.reduce = request(all.reduce * units, std::min(own.reduce, all.reduce * units));
    plan.c = request(all.c * units, std::min(own.c, all.c * units));
    if (c_missed_) plan.c_dram = plan.c;
    return plan;
  }

 private:
  double totals_stored(std::size_t worker, std::size_t number) const {
    if (work_[worker][number].others < 0) return 0;  // sums are read again soon
    return static_cast<double>(program_.store_bytes * program_.sms_per_worker);
  }
  static Request request(double bytes, double own) { return {whole(bytes), whole(own)}; }

  const Program& program_;
  const Deal& work_;
  const Residency& residency_;
  Demand demand_;
  bool writes_dram_, c_missed_;
};

/// The worker whose SM ends last: most blocks of K, then most sums to add.
std::size_t busiest_worker(const Deal& work) {
  const auto load = [](const std::vector<WorkUnit>& units) {
    std::pair<std::int64_t, std::int64_t> sum;
    for (const WorkUnit& unit : units) {
      sum.first += unit.blocks();
      sum.second += std::max(unit.others, 0);
    }
    return sum;
  };
  std::size_t busiest = 0;
  for (std::size_t i = 1; i < work.size(); ++i)
    if (load(work[i]) > load(work[busiest])) busiest = i;
  return busiest;
}

void plan_every_sm(const Planner& planner, const Program& program, const Deal& work,
                   std::int64_t sms, EnginePlan& plan) {
  plan.simulated_sms = std::min(plan.all_workers, sms);
  plan.dynamic = program.config.order == TileOrder::kDynamic && !program.config.stream_k;
  for (std::size_t i = 0; i < work.size(); ++i) {
    WorkerPlan worker{static_cast<std::int32_t>(static_cast<std::int64_t>(i) % sms)};
    for (std::size_t u = 0; u < work[i].size(); ++u) {
      const Totals own = planner.totals(i, u);
      worker.units.push_back(planner.plan(own, own, own));
    }
    plan.workers.push_back(std::move(worker));
  }
}

/// One SM stands for all: the one that ends last, with all the workers on it.
void plan_one_sm(const Planner& planner, const Deal& work, std::int64_t sms, EnginePlan& plan) {
  plan.simulated_sms = 1;
  std::vector<std::size_t> chosen;
  const auto step = static_cast<std::size_t>(sms);
  for (std::size_t i = busiest_worker(work) % step; i < work.size(); i += step) chosen.push_back(i);
  plan.workers.resize(chosen.size());
  Totals others;  // of waves that none of the chosen workers takes part in
  for (auto number = static_cast<std::size_t>(plan.waves); number-- > 0;) {
    Totals all = planner.wave(number), simulated;
    all.add(others);
    for (const std::size_t i : chosen)
      if (number < work[i].size()) simulated.add(planner.totals(i, number));
    others = simulated.units == 0 ? all : Totals();
    for (std::size_t c = 0; c < chosen.size(); ++c)
      if (number < work[chosen[c]].size())
        plan.workers[c].units.push_back(
            planner.plan(planner.totals(chosen[c], number), all, simulated));
  }
  for (WorkerPlan& worker : plan.workers) std::reverse(worker.units.begin(), worker.units.end());
}

}  // namespace

const UnitPlan* EnginePlan::next_unit() {
  const auto count = static_cast<std::int64_t>(workers.size());
  const auto worker = static_cast<std::size_t>(taken % count);
  const auto unit = static_cast<std::size_t>(taken / count);
  if (unit >= workers[worker].units.size()) return nullptr;
  ++taken;
  return &workers[worker].units[unit];
}

EnginePlan plan_engine(const Device& device, const Program& program, const EngineOptions& options) {
  EnginePlan plan;
  const std::int64_t slots = concurrent_workers(device, program);
  const int together = ctas_per_sm(device, program);
  const std::int64_t sms = slots / together;  // or pairs of them
  const std::int64_t wanted = program.tiles() * program.config.split_k;
  plan.all_workers = program.config.stream_k ? slots : std::min(slots, wanted);
  const Deal work = deal_units(program, plan.all_workers);
  const std::int64_t capacity = l2_capacity(device, options.mechanisms);
  const Residency residency = plan_residency(program, work, capacity);
  const bool writes_dram = benchmark_bytes(program) > capacity;
  plan.sms = std::min(plan.all_workers, sms) * program.sms_per_worker;
  for (const auto& units : work) {
    plan.units += static_cast<std::int64_t>(units.size());
    plan.waves = std::max(plan.waves, static_cast<std::int64_t>(units.size()));
  }
  // The product before wrote C, and the L2 keeps it where it has room for this one.
  const bool c_missed = program.problem.weight_copies == 0 ||
                        operand_bytes(program) + output_bytes(program) > capacity;
  const Planner planner(program, work, residency, writes_dram, c_missed);
  if (options.every_sm)
    plan_every_sm(planner, program, work, sms, plan);
  else
    plan_one_sm(planner, work, sms, plan);
  return plan;
}

std::int64_t l2_capacity(const Device& device, const Mechanisms& mechanisms) {
  const double dies = mechanisms.far_die ? std::max(1.0, device.chip.dies.value) : 1.0;
  return whole(device.l2.bytes / dies);
}

int ctas_per_sm(const Device& device, const Program& program) {
  if (program.config.order != TileOrder::kOneTile || program.sms_per_worker > 1) return 1;
  constexpr std::int64_t kReservedBytes = 1024;  // of shared memory, by the system, for each CTA
  const double columns = program.reads_registers
                             ? 0
                             : static_cast<double>(program.config.tile_n + program.scale_columns);
  double most = std::min(device.launch.ctas_per_sm.value,
                         std::floor(device.launch.threads_per_sm / program.threads));
  most = std::min(most, std::floor(device.shared.bytes_per_sm /
                                   static_cast<double>(program.smem_bytes() + kReservedBytes)));
  if (columns > 0) most = std::min(most, std::floor(device.tensor_memory.columns / columns));
  if (program.reads_registers)  // accumulators and about as much again
    most = std::min(most, std::floor(device.launch.registers_per_sm * 4 /
                                     (2.0 * static_cast<double>(program.accumulator_bytes))));
  return std::max(1, static_cast<int>(most));
}

std::int64_t concurrent_workers(const Device& device, const Program& program) {
  const int cluster = program.config.cluster_m * program.config.cluster_n;
  std::int64_t ctas = 0;
  for (const int gpc : device.chip.gpc_sms) ctas += gpc / cluster * cluster;
  if (device.chip.gpc_sms.empty())
    ctas = static_cast<std::int64_t>(device.chip.sms) / cluster * cluster;
  return std::max<std::int64_t>(1, ctas / program.sms_per_worker) * ctas_per_sm(device, program);
}

}  // namespace mxscope::sim
