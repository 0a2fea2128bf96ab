#include "jobs/run/matches.hpp"

#include "engine/exchange/shuffle.hpp"

namespace shardmill {

void Matches::add(Cluster& cluster, const Documents& documents, const std::string& label, u32 step,
                  const Rows& found) {
  if (cluster.control.all_max(found.size()) == 0) return;
  const std::string name = label + ".found";
  RowShuffle homeward(cluster, name, cluster.budget.lease(name, 0.05));
  found.for_each([&](std::string_view key, std::string_view payload) {
    homeward.put(documents.home({read_sortable(key)}), key, payload);
  });
  steps_.push_back({step, homeward.finish()});
  steps_.back().rows.sort();
}

Matches::Walk::Walk(const Matches& matches) : matches_(matches) {
  for (const OfStep& step : matches.steps_) cursors_.push_back(step.rows.cursor());
  // A row lives in its cursor: only now do these stay where they are.
  for (Rows::Cursor& cursor : cursors_) heads_.push_back(cursor.next());
}

void Matches::Walk::at(DocKey key, std::vector<StepMatch>& found) {
  held_.clear();
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const Row*& head = heads_[i];
    while (head != nullptr && read_sortable(head->key) < key.value) head = cursors_[i].next();
    for (; head != nullptr && read_sortable(head->key) == key.value; head = cursors_[i].next()) {
      held_.emplace_back(matches_.steps_[i].step, head->payload);
    }
  }
  found.clear();
  for (const auto& [step, payload] : held_) found.push_back({step, read_match(payload)});
}

}  // namespace shardmill
