// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Messages are text: a worker says hello with the plan it has made, gets a place of that plan or
// -1, and answers with the claims of the task.
#include "reports/mpi/mpi_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "reports/interrupt.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;

enum Tag : int { kHello, kTask, kClaims, kLeaving };

constexpr long kNoMore = -1;
constexpr auto kPause = std::chrono::milliseconds(1);  // between looks for a message

struct Message {
  int rank = 0;
  int tag = 0;
  std::string text;
};

void send(int rank, Tag tag, const std::string& text) {
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_CHAR, rank, tag, MPI_COMM_WORLD);
}

void send_task(int rank, long place) { send(rank, kTask, std::to_string(place)); }

/// Waits for a message without keeping the processor busy; none when `stop` becomes true.
std::optional<Message> receive(int from, const std::atomic<bool>& stop) {
  for (;;) {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(from, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (there != 0) {
      int size = 0;
      MPI_Get_count(&status, MPI_CHAR, &size);
      Message message{status.MPI_SOURCE, status.MPI_TAG,
                      std::string(static_cast<std::size_t>(size), '\0')};
      MPI_Recv(message.text.data(), size, MPI_CHAR, message.rank, message.tag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
      return message;
    }
    if (stop) return std::nullopt;
    std::this_thread::sleep_for(kPause);
  }
}

/// Tasks are handed out costly ones first, so that none is left for the end.
std::vector<std::size_t> by_cost(const VerifyPlan& plan, std::vector<std::size_t> places) {
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return plan.tasks[a].cost > plan.tasks[b].cost;
  });
  return places;
}

}  // namespace

MpiPool::MpiPool() {
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
}

bool MpiPool::run(const VerifyPlan& plan, const std::vector<std::size_t>& places,
                  const std::atomic<bool>& stop,
                  const std::function<void(std::size_t, std::vector<Claim>)>& done) {
  const std::vector<std::size_t> order = by_cost(plan, places);
  if (ranks_ == 1) {
    for (const std::size_t place : order) {
      std::vector<Claim> claims = plan.tasks[place].run(stop);
      if (stop) return false;
      done(place, std::move(claims));
    }
    return true;
  }
  const std::string header = plan.header.dump();
  std::size_t next = 0;
  int working = ranks_ - 1;
  while (working > 0) {
    const std::optional<Message> message = receive(MPI_ANY_SOURCE, stop);
    if (!message) return false;
    if (message->tag == kLeaving)
      throw Error(fmt::format("rank {} cannot take part; it says why above", message->rank));
    if (message->tag == kHello && message->text != header)
      throw Error(
          fmt::format("rank {} plans another request; give every rank the same program and files",
                      message->rank));
    if (message->tag == kClaims) {
      const nlohmann::json answer = nlohmann::json::parse(message->text);
      done(answer.at("place").get<std::size_t>(), answer.at("claims").get<std::vector<Claim>>());
    }
    if (next < order.size()) {
      send_task(message->rank, static_cast<long>(order[next++]));
    } else {
      send_task(message->rank, kNoMore);
      --working;
    }
  }
  dismissed_ = true;
  return true;
}

void MpiPool::serve(const VerifyPlan& plan, const std::atomic<bool>& stop) {
  served_ = true;
  send(0, kHello, plan.header.dump());
  for (;;) {
    const std::optional<Message> message = receive(0, stop);
    if (!message) throw Interrupted("interrupted; rank 0 says how to go on");
    const long place = std::stol(message->text);
    if (place == kNoMore) return;
    const auto index = static_cast<std::size_t>(place);
    const std::vector<Claim> claims = plan.tasks.at(index).run(stop);
    if (stop) throw Interrupted("interrupted; rank 0 says how to go on");
    send(0, kClaims, nlohmann::json{{"place", index}, {"claims", claims}}.dump());
  }
}

void MpiPool::leave(int code) {
  if (rank_ != 0) {
    if (!served_ && code != 0) send(0, kLeaving, "");
    return;
  }
  if (dismissed_) return;
  // Nobody may be listening, so these do not wait.
  static const std::string none = std::to_string(kNoMore);
  for (int rank = 1; rank < ranks_; ++rank) {
    MPI_Request request;
    MPI_Isend(none.data(), static_cast<int>(none.size()), MPI_CHAR, rank, kTask, MPI_COMM_WORLD,
              &request);
    MPI_Request_free(&request);
  }
}

}  // namespace mxscope::reports
