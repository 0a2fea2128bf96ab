#include "jobs/report/movement.hpp"

#include <nlohmann/json.hpp>

namespace shardmill {

std::string movement_json(const Movement& movement, u32 ranks) {
  using Json = nlohmann::ordered_json;
  Json exchanges = Json::array();
  for (const ExchangeReport& exchange : movement.exchanges) {
    exchanges.push_back({{"name", exchange.name},
                         {"exchanges", exchange.exchanges},
                         {"rows", exchange.rows},
                         {"bytes", exchange.bytes},
                         {"bytes_between_ranks", exchange.bytes_between},
                         {"frames", exchange.frames},
                         {"waits", exchange.waits},
                         {"seconds_waiting", exchange.seconds_waiting},
                         {"imbalance", exchange.imbalance(ranks)}});
  }
  Json leases = Json::object();
  for (const auto& [name, bytes] : movement.leases) leases[name] = bytes;
  return Json{
      {"exchanges", exchanges}, {"bytes_from_to", movement.matrix}, {"largest_leases", leases}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace shardmill
