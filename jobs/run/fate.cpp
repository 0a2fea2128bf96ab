#include "jobs/run/fate.hpp"

#include <algorithm>
#include <optional>

namespace shardmill {
namespace {

// Moves a cursor over records with a `key` up to a document; null when it has none.
template <class Cursor, class Record>
const Record* advance_to(Cursor& cursor, const Record*& at, u64 key) {
  const auto key_of = [](const Record& record) {
    if constexpr (requires { record.key.value; }) {
      return record.key.value;
    } else {
      return record.key;
    }
  };
  while (at != nullptr && key_of(*at) < key) at = cursor.next();
  return at != nullptr && key_of(*at) == key ? at : nullptr;
}

}  // namespace

void for_each_fate(
    const Pipeline& pipeline, const Documents& documents, const Resolution& resolution,
    const Groups& groups, const LineageGroups* lineage,
    const std::function<void(const Documents::Block&, std::size_t row, const Fate&)>& f) {
  std::vector<std::vector<std::string>> reasons;
  for (const Step& step : pipeline.steps) {
    reasons.push_back(step.row      ? step.row->reasons()
                      : step.global ? step.global->reasons()
                                    : std::vector<std::string>{"excluded"});
  }
  Decisions::Walk dropped = resolution.decisions.walk();
  AddedColumns::Walk added(resolution.added);
  Matches::Walk matches(resolution.matches);
  auto next_membership = groups.memberships.cursor();
  const Membership* membership = next_membership.next();
  std::optional<Records<Membership>::Cursor> next_tied;
  const Membership* tied = nullptr;
  if (lineage != nullptr) {
    next_tied.emplace(lineage->memberships.cursor());
    tied = next_tied->next();
  }
  std::optional<Records<Verdict>::Cursor> next_excluded;
  const Verdict* excluded = nullptr;
  if (resolution.excluded) {
    next_excluded.emplace(resolution.excluded->cursor());
    excluded = next_excluded->next();
  }
  u32 exclude_step = 0;
  while (exclude_step < pipeline.steps.size() && pipeline.steps[exclude_step].op != "exclude") {
    ++exclude_step;
  }

  std::vector<RowHit> hits;
  Fate fate;
  documents.for_each_block([&](const Documents::Block& block) {
    block.fragment.hits(block.number, hits);
    std::stable_sort(hits.begin(), hits.end(), [](const RowHit& a, const RowHit& b) {
      return std::pair(a.row, a.step) < std::pair(b.row, b.step);
    });
    auto hit = hits.begin();
    for (std::size_t row = 0; row < block.entries.size(); ++row) {
      fate.hits.clear();
      fate.changed_by.clear();
      for (; hit != hits.end() && hit->row == row; ++hit) {
        if (hit->reason == RowHit::kChanged) {
          fate.changed_by.push_back(hit->step);
        } else {
          fate.hits.push_back({hit->step, reasons[hit->step][hit->reason], nullptr});
        }
      }
      if (block.hidden(row)) continue;
      const DocKey key = block.entries[row].key;
      fate.excluded = resolution.excluded && advance_to(*next_excluded, excluded, key.value);
      fate.membership = advance_to(next_membership, membership, key.value);
      fate.lineage = lineage == nullptr ? nullptr : advance_to(*next_tied, tied, key.value);
      added.at(key, fate.added);
      matches.at(key, fate.matches);
      const Verdict* verdict = dropped.at(key);
      if (fate.excluded) {
        // A takedown leaves no other trace of the document.
        fate.hits.assign(1, {exclude_step, "excluded", nullptr});
        fate.matches.clear();
      } else if (verdict != nullptr) {
        const Hit global{verdict->step, reasons[verdict->step][verdict->reason], verdict};
        const auto at = std::find_if(fate.hits.begin(), fate.hits.end(),
                                     [&](const Hit& h) { return h.step > global.step; });
        fate.hits.insert(at, global);
      }
      f(block, row, fate);
    }
  });
}

}  // namespace shardmill
