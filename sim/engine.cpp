// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/bandwidth_server.h"
#include "sim/dram_load.h"
#include "sim/engine_costs.h"
#include "sim/engine_plan.h"
#include "sim/engine_state.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

class Engine {
 public:
  Engine(const Device& device, const Program& program, const EngineOptions& options)
      : program_(program),
        costs_(engine_costs(device, program, options.clock_mhz, options.mechanisms)),
        plan_(plan_engine(device, program, options)),
        trace_(options.trace),
        most_spans_(options.most_spans),
        ring_(options.mechanisms.ring),
        every_sm_(options.every_sm),
        l2_(costs_.l2),
        l2_in_(costs_.l2),
        sums_(costs_.l2),
        dram_(costs_.dram) {
    for (WorkerPlan& worker : plan_.workers)
      for (UnitPlan& unit : worker.units) unit.latency = latency_of(unit);
    make_workers();
  }

  EngineResult run() {
    for (std::size_t i = 0; i < roles_.size(); ++i) advance(static_cast<std::int32_t>(i));
    while (!queue_.empty()) {
      const auto event = queue_.pop();
      now_ = event.time;
      ++events_;
      if (event.payload.is_role)
        advance(event.payload.index);
      else
        complete(event.payload.index);
    }
    for (const RoleState& state : roles_)
      if (!state.asks || !finished(state))
        throw Error(fmt::format("the kernel {} deadlocks: its warp '{}' waits for ever",
                                to_string(program_.config), state.role->name));
    return result();
  }

 private:
  struct Payload {
    bool is_role = false;
    std::int32_t index = 0;
  };

  void make_workers() {
    const bool persistent = program_.config.order != TileOrder::kOneTile;
    const Tick start = persistent ? costs_.prologue : 0;
    sms_.resize(static_cast<std::size_t>(plan_.simulated_sms));
    for (Sm& sm : sms_) {
      sm.path = BandwidthServer(costs_.path);
      sm.port = BandwidthServer(costs_.port);
    }
    for (std::size_t i = 0; i < plan_.workers.size(); ++i) {
      Worker worker{.sm = plan_.workers[i].sm};
      worker.delays.resize(static_cast<std::size_t>(program_.config.stages));
      if (!plan_.dynamic) {
        for (const UnitPlan& unit : plan_.workers[i].units) add_unit(worker, unit);
        worker.complete = true;
      }
      workers_.push_back(std::move(worker));
      for (const RingSpec& spec : program_.rings) {
        // Without the ring mechanism a slot is always free; the copies' order stays.
        const std::int64_t slots =
            !ring_ && !spec.per_unit && spec.free_at_start ? std::int64_t{1} << 40 : spec.slots;
        rings_.push_back({BarrierRing(slots, spec.free_at_start)});
      }
      for (const Role& role : program_.roles) {
        RoleState state{.role = &role,
                        .worker = static_cast<std::int32_t>(i),
                        .unit = role.first,
                        .time = start};
        state.multiplies = std::any_of(role.block.begin(), role.block.end(),
                                       [](const Op& op) { return op.kind == OpKind::kMultiply; });
        roles_.push_back(state);
      }
    }
  }

  Tick latency_of(const UnitPlan& unit) const {
    if (!unit.missed) return costs_.copy_latency;
    const Tick trip = costs_.copy_latency + costs_.dram_latency;
    if (costs_.dram <= 0 || costs_.dram_latency == 0) return trip;
    // A simulated worker asks for itself, or for all.
    const std::int64_t askers = every_sm_ ? plan_.all_workers : 1;
    const double dram = static_cast<double>(unit.dram.bytes * askers) / costs_.dram;
    return trip + loaded_latency({trip, static_cast<Tick>(dram * kTicksPerCycle),
                                  program_.mma.count * costs_.interval, program_.config.stages});
  }

  static void add_unit(Worker& worker, const UnitPlan& unit) {
    worker.first_block.push_back(
        worker.units.empty() ? 0 : worker.first_block.back() + worker.units.back()->blocks);
    worker.units.push_back(&unit);
  }

  bool is_producer(const RoleState& state) const { return state.role == &program_.roles.front(); }
  bool finished(const RoleState& state) const {
    const Worker& worker = worker_of(state);
    return worker.complete && state.unit >= static_cast<std::int64_t>(worker.units.size());
  }
  Worker& worker_of(const RoleState& s) { return workers_[static_cast<std::size_t>(s.worker)]; }
  const Worker& worker_of(const RoleState& s) const {
    return workers_[static_cast<std::size_t>(s.worker)];
  }
  Sm& sm_of(const RoleState& s) { return sms_[static_cast<std::size_t>(worker_of(s).sm)]; }
  const UnitPlan& unit_of(const RoleState& s) {
    return *worker_of(s).units[static_cast<std::size_t>(s.unit)];
  }

  /// Number of the current use of a ring of this role's worker.
  std::int64_t use(const RoleState& s, int ring) {
    if (program_.rings[static_cast<std::size_t>(ring)].per_unit) return s.unit;
    return worker_of(s).first_block[static_cast<std::size_t>(s.unit)] + s.block;
  }
  std::int32_t ring_of(const RoleState& s, int ring) const {
    return s.worker * static_cast<std::int32_t>(program_.rings.size()) + ring;
  }

  /// Whether the role has its unit; a producer of a dynamic schedule fetches it.
  bool take_unit(RoleState& state) {
    Worker& worker = worker_of(state);
    if (plan_.dynamic && is_producer(state) && !worker.complete &&
        state.unit == static_cast<std::int64_t>(worker.units.size())) {
      if (const UnitPlan* unit = plan_.next_unit()) {
        add_unit(worker, *unit);
        state.time = std::max(state.time, worker.next_request);
        worker.next_request = state.time + costs_.next_tile;
      } else {
        worker.complete = true;
      }
      const std::int32_t first = state.worker * static_cast<std::int32_t>(program_.roles.size());
      for (std::size_t i = 1; i < program_.roles.size(); ++i) {
        const std::int32_t other = first + static_cast<std::int32_t>(i);
        if (roles_[static_cast<std::size_t>(other)].asks) wake(other, state.time);
      }
    }
    if (state.unit >= static_cast<std::int64_t>(worker.units.size())) return false;
    state.asks = false;
    return true;
  }

  void wake(std::int32_t index, Tick t) {
    RoleState& state = roles_[static_cast<std::size_t>(index)];
    state.time = std::max(state.time, t);
    queue_.push(std::max(now_, state.time), {true, index});
  }

  const std::vector<Op>* ops(const RoleState& state) const {
    switch (state.phase) {
      case Phase::kBegin:
        return &state.role->begin;
      case Phase::kBlock:
        return &state.role->block;
      case Phase::kEnd:
        return &state.role->end;
    }
    return nullptr;
  }

  /// To the next operation; false when the unit is over.
  void next_phase(RoleState& state) {
    state.op = 0;
    const bool blocks = !state.role->block.empty();
    if (state.phase == Phase::kBegin) {
      state.phase = blocks ? Phase::kBlock : Phase::kEnd;
      state.block = 0;
    } else if (state.phase == Phase::kBlock) {
      if (++state.block == unit_of(state).blocks) state.phase = Phase::kEnd;
    } else {
      state.phase = Phase::kBegin;
      state.unit += state.role->every;
      state.asks = true;
    }
  }

  /// Runs a role until it waits for a barrier, a time or work.
  void advance(std::int32_t index) {
    RoleState& state = roles_[static_cast<std::size_t>(index)];
    while (true) {
      if (state.asks && !take_unit(state)) return;
      const std::vector<Op>& list = *ops(state);
      if (state.op == list.size()) {
        next_phase(state);
        continue;
      }
      const Op& op = list[state.op];
      if (op.kind == OpKind::kWait && !pass(state, index, op)) return;
      if (op.kind == OpKind::kCopied && std::exchange(state.copied_at, now_) == now_) {
        // Not all stages of one SM before the first of the next one.
        queue_.push(std::max(now_ + 1, state.time), {true, index});
        return;
      }
      ++state.op;
      if (execute(state, op)) {
        queue_.push(std::max(now_, state.time), {true, index});
        return;
      }
    }
  }

  bool pass(RoleState& state, std::int32_t index, const Op& op) {
    const std::int32_t ring_at = ring_of(state, op.ring);
    Ring& ring = rings_[static_cast<std::size_t>(ring_at)];
    if (!ring.barrier.ready(use(state, op.ring))) {
      if (ring.waiter != kNobody && ring.waiter != index)
        throw Error("two warps wait for one barrier of a simulated kernel");
      ring.waiter = index;
      state.waits_for = op.ring;
      return false;
    }
    return true;
  }

  void complete(std::int32_t ring_at) {
    Ring& ring = rings_[static_cast<std::size_t>(ring_at)];
    ring.barrier.complete();
    if (ring.waiter == kNobody) return;
    const std::int32_t index = ring.waiter;
    ring.waiter = kNobody;
    RoleState& state = roles_[static_cast<std::size_t>(index)];
    const Tick asked = state.time;
    state.time = std::max(asked, now_ + costs_.signal);
    if (trace_ != nullptr && state.time > asked) {
      const auto spec = static_cast<std::size_t>(ring_at) % program_.rings.size();
      span(state, "warp " + state.role->name, asked, state.time,
           "wait " + program_.rings[spec].name);
    }
    advance(index);
  }

  void complete_at(Tick t, std::int32_t ring_at) {
    Ring& ring = rings_[static_cast<std::size_t>(ring_at)];
    ring.last = std::max(ring.last, t);
    queue_.push(std::max(now_, ring.last), {false, ring_at});
  }

  /// Executes one operation; true when the role must be resumed at its time.
  bool execute(RoleState& state, const Op& op) {
    switch (op.kind) {
      case OpKind::kWait:
      case OpKind::kCopyScales:
        return false;
      case OpKind::kPrologue:
        state.time += costs_.prologue;
        return true;
      case OpKind::kCopy:
        state.time += costs_.issue;
        return false;
      case OpKind::kCopied:
        fill(state, op);
        return false;
      case OpKind::kMultiply:
        return multiply(state);
      case OpKind::kCommit:
        complete_at(std::max(state.time, state.done), ring_of(state, op.ring));
        return false;
      case OpKind::kArrive:
        complete_at(state.time, ring_of(state, op.ring));
        return false;
      case OpKind::kDrain:
        drain(state, op);
        return true;
      case OpKind::kStore:
        store(state);
        return false;
      case OpKind::kReadC:
        read_c(state, op);
        return false;
    }
    return false;
  }

  static Tick ask(BandwidthServer& server, Tick t, const Request& request) {
    return server.serve(t, request.bytes, request.own);
  }

  void fill(RoleState& state, const Op& op) {
    Sm& sm = sm_of(state);
    const UnitPlan& unit = unit_of(state);
    const Tick path = sm.path.serve(state.time, costs_.path_bytes);
    const Tick l2 = ask(l2_, state.time, unit.l2);
    const Tick dram = ask(dram_, state.time, unit.dram);
    const Tick landed = std::max({path, l2, dram}) + unit.latency;
    fill_bytes_ += unit.fill_bytes;
    Worker& worker = worker_of(state);
    const auto stage = static_cast<std::size_t>(use(state, op.ring) % program_.config.stages);
    worker.delays[stage] = {path - state.time, l2 - state.time, dram - state.time};
    span(state, "copy", state.time, landed);
    complete_at(landed, ring_of(state, op.ring));
  }

  bool multiply(RoleState& state) {
    Sm& sm = sm_of(state);
    const BlockMma& mma = program_.mma;
    const Tick ready = state.time + costs_.operand_latency;
    const MmaQueue::Issue issue =
        sm.tensor.issue(ready, mma.count, costs_.interval, costs_.latency);
    smem_read_bytes_ += unit_of(state).read_bytes;
    account(state, sm, issue.first);
    sm.free = issue.free;
    span(state, "tensor", issue.first, issue.free);
    if (mma.asynchronous) {
      state.done = issue.done;
      return false;
    }
    const Tick read = sm.port.serve(state.time, mma.smem_bytes);
    state.time = std::max(issue.free, read);
    state.done = state.time;
    return true;
  }

  /// Attributes the gap before a block's first instruction.
  void account(RoleState& state, Sm& sm, Tick first) {
    Tick gap = first - sm.free;
    const std::int32_t held = std::exchange(state.waits_for, kNobody);
    if (gap <= 0) return;
    const auto take = [&](Stall stall, Tick most) {
      const Tick part = std::clamp<Tick>(most, 0, gap);
      sm.stalls[static_cast<std::size_t>(stall)] += part;
      gap -= part;
    };
    if (sm.free == 0) return take(Stall::kStart, gap);
    if (held == kNobody) return take(Stall::kBarrier, gap);
    take(Stall::kBarrier, costs_.signal + costs_.operand_latency);
    const RingSpec& ring = program_.rings[static_cast<std::size_t>(held)];
    if (ring.per_unit) return take(Stall::kEpilogue, gap);
    const Worker& worker = worker_of(state);
    const Delay& delay =
        worker.delays[static_cast<std::size_t>(use(state, held) % program_.config.stages)];
    // The slowest server is what held the copy up; the rest is latency.
    const Tick slowest = std::max({delay.dram, delay.l2, delay.path});
    take(delay.dram == slowest ? Stall::kDram
         : delay.l2 == slowest ? Stall::kL2
                               : Stall::kCopyPath,
         slowest);
    take(Stall::kCopyLatency, gap);
  }

  void drain(RoleState& state, const Op& op) {
    const UnitPlan& unit = unit_of(state);
    // A warp that multiplies asynchronously waits for its results.
    const Tick begin = state.time = std::max(state.time, state.done);
    if (&op == first_drain(*state.role)) {
      state.time += costs_.epilogue;
      if (unit.reduce.own > 0)
        state.time = ask(sums_, state.time, unit.reduce) + costs_.copy_latency + costs_.far_latency;
    }
    const Tick work = static_cast<Tick>(std::llround(static_cast<double>(costs_.drain) * op.share));
    if (program_.reads_registers) {
      const Tick port = sm_of(state).port.serve(state.time, program_.epilogue_bytes());
      state.time = std::max(state.time + work, port);
    } else {
      state.time += work;
    }
    span(state, "epilogue", begin, state.time);
  }

  void read_c(RoleState& state, const Op& op) {
    const UnitPlan& unit = unit_of(state);
    const Tick path =
        sm_of(state).path.serve(state.time, unit.c.bytes > 0 ? program_.store_bytes : 0);
    const Tick l2 = ask(l2_, state.time, unit.c);
    const Tick dram = ask(dram_, state.time, unit.c_dram);
    const Tick landed = std::max({path, l2, dram}) + costs_.copy_latency +
                        (unit.c_dram.bytes > 0 ? costs_.dram_latency : 0);
    fill_bytes_ += unit.c.bytes;
    span(state, "C", state.time, landed);
    complete_at(landed, ring_of(state, op.ring));
  }

  static const Op* first_drain(const Role& role) {
    for (const Op& op : role.end)
      if (op.kind == OpKind::kDrain) return &op;
    return nullptr;
  }

  void store(RoleState& state) {
    Sm& sm = sm_of(state);
    const UnitPlan& unit = unit_of(state);
    const Tick end = ask(l2_in_, state.time, unit.store);
    span(state, "store", state.time, end);
    sm.end = std::max(sm.end, end);
  }

  void span(const RoleState& state, std::string_view lane, Tick begin, Tick end,
            std::string_view name = "") {
    if (trace_ == nullptr || trace_->size() >= most_spans_) return;
    const std::int64_t block = state.phase == Phase::kBlock ? state.block : -1;
    trace_->push_back({state.worker, std::string(lane), std::string(name.empty() ? lane : name),
                       begin, end, state.unit, block});
  }

  EngineResult result() {
    const auto last = std::max_element(sms_.begin(), sms_.end(),
                                       [](const Sm& a, const Sm& b) { return a.end < b.end; });
    EngineResult r;
    // Reads, writes and sums do not queue for each other, but share the L2's bandwidth.
    const auto l2_bytes = static_cast<double>(l2_.bytes() + l2_in_.bytes() + sums_.bytes());
    const double l2_ticks = costs_.l2 > 0 ? l2_bytes / costs_.l2 * kTicksPerCycle : 0;
    r.end = std::max(last->end, static_cast<Tick>(std::ceil(l2_ticks)));
    r.events = events_;
    r.sms = plan_.sms;
    r.workers = plan_.all_workers;
    r.units = plan_.units;
    r.stalls = last->stalls;
    r.stalls[static_cast<std::size_t>(Stall::kTail)] += last->end - last->free;
    r.stalls[static_cast<std::size_t>(Stall::kL2)] += r.end - last->end;
    r.tensor_busy = last->tensor.busy();
    r.port_busy = last->port.busy();
    r.path_busy = last->path.busy();
    r.l2_busy = l2_.busy();
    r.dram_busy = dram_.busy();
    r.fill_bytes = fill_bytes_;
    r.smem_read_bytes = smem_read_bytes_;
    r.l2_bytes = l2_.bytes() + l2_in_.bytes() + sums_.bytes();
    r.dram_bytes = dram_.bytes();
    r.waves = plan_.waves;
    return r;
  }

  const Program& program_;
  EngineCosts costs_;
  EnginePlan plan_;
  std::vector<Span>* trace_;
  std::size_t most_spans_;
  bool ring_, every_sm_;
  /// Of the L2: reads by copies, writes, and reads of other units' sums, which do not queue behind
  /// the copies that a producer has asked for in advance.
  BandwidthServer l2_, l2_in_, sums_;
  BandwidthServer dram_;
  std::vector<Sm> sms_;
  std::vector<Worker> workers_;
  std::vector<Ring> rings_;
  std::vector<RoleState> roles_;
  EventQueue<Payload> queue_;
  Tick now_ = 0;
  std::int64_t events_ = 0, fill_bytes_ = 0, smem_read_bytes_ = 0;
};

}  // namespace

std::string_view stall_name(Stall stall) {
  switch (stall) {
    case Stall::kStart:
      return "start";
    case Stall::kBarrier:
      return "barrier and operand load";
    case Stall::kCopyLatency:
      return "copy latency";
    case Stall::kCopyPath:
      return "copy path";
    case Stall::kL2:
      return "L2 bandwidth";
    case Stall::kDram:
      return "DRAM bandwidth";
    case Stall::kEpilogue:
      return "epilogue";
    case Stall::kTail:
      return "tail";
  }
  return "";
}

EngineResult run_engine(const Device& device, const Program& program,
                        const EngineOptions& options) {
  return Engine(device, program, options).run();
}

}  // namespace mxscope::sim
