// How an exchange waits: it serves every open exchange of its rank meanwhile. For its own .cpp
// files.
#pragma once

#include <chrono>

#include "cluster/backoff.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/exchange.hpp"

namespace shardmill {

template <class Ready>
void Exchange::wait_until(const std::string& what, Ready ready) {
  if (ready()) return;
  cluster_.watchdog.waiting("exchange " + name_ + ": waiting for " + what);
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  auto last_moved = began;
  Backoff backoff(cluster_.free_polls);
  while (!ready()) {
    if (serve()) {
      backoff.hit();
      last_moved = Clock::now();
      continue;
    }
    if (Clock::now() - last_moved > cluster_.wait_limit) {
      const auto limit = std::chrono::duration_cast<std::chrono::seconds>(cluster_.wait_limit);
      throw TransportError(wire_.where + ": waited " + std::to_string(limit.count()) + " s for " +
                           what + " and nothing moved; is that rank alive, and the network up?");
    }
    backoff.miss();
  }
  traffic_.seconds_waiting += std::chrono::duration<double>(Clock::now() - began).count();
  cluster_.watchdog.doing("exchange " + name_);
}

// For something that this link lacks now.
template <class Ready>
void Exchange::wait_for(Link& link, Ready ready) {
  if (ready()) return;
  const double before = traffic_.seconds_waiting;
  wait_until(link.wanting(), ready);
  ++link.waits;
  link.seconds_waiting += traffic_.seconds_waiting - before;
}

}  // namespace shardmill
