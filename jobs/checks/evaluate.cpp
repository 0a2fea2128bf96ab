#include "jobs/checks/evaluate.hpp"

#include <algorithm>

#include "jobs/checks/drift.hpp"

namespace shardmill {
namespace {

constexpr u64 kMillion = 1'000'000;

// A count, a share or a distance: exact.
struct Ratio {
  u64 numerator = 0;
  u64 denominator = 1;
};

// numerator/denominator against a decimal number, exactly.
std::strong_ordering compare(const Ratio& ratio, const Decimal& limit) {
  using i128 = __int128;
  return i128{ratio.numerator} * static_cast<i128>(limit.denominator) <=>
         i128{limit.numerator} * static_cast<i128>(ratio.denominator);
}

u64 count_of(const std::map<std::string, std::map<std::string, u64>>& counts,
             const std::string& name, const std::string& what) {
  const auto row = counts.find(name);
  if (row == counts.end()) return 0;
  const auto count = row->second.find(what);
  return count == row->second.end() ? 0 : count->second;
}

class Evaluation {
 public:
  Evaluation(const CheckFacts& facts, const CheckSpec& check)
      : facts_(facts), check_(check), settings_(check.settings) {
    report_.name = check.name;
    report_.check = check.check;
    report_.only_warns = check.only_warns();
    for (const auto& [setting, limit] :
         {std::pair{"min", &report_.minimum}, std::pair{"share", &report_.minimum},
          std::pair{"max", &report_.maximum}}) {
      const bool of_values = check.check == "in_range" && setting != std::string("share");
      if (!of_values && settings_.has(setting)) *limit = settings_.shown(setting);
    }
  }

  [[nodiscard]] CheckReport report() {
    const std::string& what = check_.check;
    if (what == "row_count") row_count();
    if (what == "dup_rate") dup_rate();
    if (what == "contamination_rate") {
      share(facts_.contaminated, facts_.now.documents_in, "no document was read");
    }
    if (what == "removal_share") removal_share();
    if (what == "change_vs_previous") change_vs_previous();
    if (settings_.has("column")) of_column(facts_.columns.at(settings_.text("column")));
    return std::move(report_);
  }

 private:
  void skip(const std::string& why) { report_.note = why; }

  void judge(const Ratio& ratio) {
    report_.numerator = ratio.numerator;
    report_.denominator = ratio.denominator;
    report_.measured =
        static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
    const auto limit = [](const std::string& text) { return Decimal::parse(text).value(); };
    const bool low = report_.minimum.empty() || compare(ratio, limit(report_.minimum)) >= 0;
    const bool high = report_.maximum.empty() || compare(ratio, limit(report_.maximum)) <= 0;
    report_.outcome = low && high ? CheckReport::Outcome::ok : CheckReport::Outcome::failed;
  }

  void share(u64 part, u64 whole, const std::string& nothing) {
    if (whole == 0) return skip(nothing);
    judge({part, whole});
  }

  void row_count() {
    if (!settings_.has("split")) return judge({facts_.now.documents_kept});
    const auto split = facts_.now.splits.find(settings_.text("split"));
    judge({split == facts_.now.splits.end() ? 0 : split->second});
  }

  void dup_rate() {
    u64 dropped = 0;
    for (const auto& [step, reasons] : facts_.now.dropped) {
      if (!step.starts_with("dedup.")) continue;
      for (const auto& [reason, documents] : reasons) dropped += documents;
    }
    share(dropped, facts_.now.documents_in, "no document was read");
  }

  // The largest share; the first source that has it is named.
  void removal_share() {
    std::optional<Ratio> most;
    std::string of;
    for (const SourceSpec& source : facts_.job.sources) {
      const std::string& name = source.settings.name;
      if (settings_.has("source") && settings_.text("source") != name) continue;
      const u64 in = count_of(facts_.now.by_source, name, "in");
      if (in == 0) continue;
      const u64 gone = settings_.has("step")
                           ? count_of(facts_.now.by_source, name, settings_.text("step"))
                           : in - count_of(facts_.now.by_source, name, "kept");
      const bool more = !most || static_cast<u128>(gone) * most->denominator >
                                     static_cast<u128>(most->numerator) * in;
      if (more) {
        most = Ratio{gone, in};
        of = name;
      }
    }
    if (!most) return skip("no document was read");
    if (!settings_.has("source")) report_.note = "source " + of;
    judge(*most);
  }

  void change_vs_previous() {
    if (facts_.before == nullptr) return skip("there is no snapshot before");
    const bool in = settings_.text("of") == "documents_in";
    const auto count = [&](const Manifest& manifest) {
      if (!settings_.has("source")) return in ? manifest.documents_in : manifest.documents_kept;
      return count_of(manifest.by_source, settings_.text("source"), in ? "in" : "kept");
    };
    const u64 now = count(facts_.now);
    const u64 before = count(*facts_.before);
    share(now > before ? now - before : before - now, before, "the snapshot before has none");
  }

  void of_column(const ColumnProfile& column) {
    const std::string& what = check_.check;
    const std::string none = "no document has a value";
    // A column that is gone is what such a check is for.
    if (column.present == 0 && facts_.now.documents_kept > 0 && what != "completeness") {
      report_.outcome = CheckReport::Outcome::failed;
      report_.note = none;
      return;
    }
    if (what == "completeness") share(column.present, column.rows, "no document is kept");
    if (what == "uniqueness") {
      share(facts_.distinct.at(settings_.text("column")), column.present, none);
    }
    if (const auto test = ValueTest::of(check_)) {
      const ColumnProfile::Tested tested =
          column.rows == 0 ? ColumnProfile::Tested{} : column.tested.at(test->name());
      share(tested.inside, column.present, none);
      if (tested.gave_up > 0) {
        report_.note = std::to_string(tested.gave_up) +
                       " values took the pattern too long; they count as without it";
      }
    }
    if (what == "quantile") of_quantile(column);
    if (what == "drift") of_drift(column);
  }

  // Limits are in cells, as the quantile is: a value at its limit is inside.
  void of_quantile(const ColumnProfile& column) {
    if (column.magnitudes().empty()) return skip("no document has a number or a text");
    const double value = quantile(column.magnitudes(), settings_.decimal("q"));
    const auto limit = [&](const char* setting) {
      return cell_of(nearest_double(settings_.decimal(setting)));
    };
    const bool low = !settings_.has("min") || value >= limit("min");
    const bool high = !settings_.has("max") || value <= limit("max");
    report_.measured = value;
    report_.outcome = low && high ? CheckReport::Outcome::ok : CheckReport::Outcome::failed;
    if (column.numbers.empty()) report_.note = "of the bytes of its texts";
  }

  void of_drift(const ColumnProfile& column) {
    if (facts_.before == nullptr) return skip("there is no snapshot before");
    const auto before = facts_.columns_before.find(settings_.text("column"));
    if (before == facts_.columns_before.end()) {
      return skip("the snapshot before has no profile of this column");
    }
    const auto distance = drift(column, before->second, settings_.text("measure"));
    if (!distance) return skip("one of the two snapshots has no values to compare");
    judge({*distance, kMillion});
  }

  const CheckFacts& facts_;
  const CheckSpec& check_;
  const Settings& settings_;
  CheckReport report_;
};

// Nine tenths of what there was are gone.
bool is_lost(u64 now, u64 before) {
  if (now >= before) return false;
  const u128 lost = before - now;
  return lost * 10 > u128{before} * 9;
}

void add_losses(const CheckFacts& facts, std::vector<CheckReport>& reports) {
  if (facts.before == nullptr) return;
  for (const SourceSpec& source : facts.job.sources) {
    const std::string& name = source.settings.name;
    for (const auto& [what, of] : {std::pair{"in", "read"}, std::pair{"kept", "kept"}}) {
      const u64 now = count_of(facts.now.by_source, name, what);
      const u64 before = count_of(facts.before->by_source, name, what);
      if (!is_lost(now, before)) continue;
      CheckReport report;
      report.name = "source_loss:" + name;
      report.check = "source_loss";
      report.only_warns = true;
      report.outcome = CheckReport::Outcome::failed;
      report.numerator = before - now;
      report.denominator = before;
      report.measured = static_cast<double>(before - now) / static_cast<double>(before);
      report.maximum = "0.9";
      report.note = std::string("of the documents ") + of + " for the snapshot before";
      reports.push_back(std::move(report));
      break;
    }
  }
}

}  // namespace

std::vector<CheckReport> evaluate_checks(const CheckFacts& facts) {
  std::vector<CheckReport> reports;
  for (const CheckSpec& check : facts.job.checks) {
    reports.push_back(Evaluation(facts, check).report());
  }
  add_losses(facts, reports);
  return reports;
}

}  // namespace shardmill
