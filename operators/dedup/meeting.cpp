#include "operators/dedup/meeting.hpp"

#include <algorithm>
#include <cstring>

#include "engine/algorithm/group_by.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/bucket_filter.hpp"
#include "operators/dedup/recent_pairs.hpp"
#include "operators/dedup/send_keys.hpp"

namespace shardmill {
namespace {

// Bits of a bucket that say something of the document in it.
constexpr u64 kNewcomer = 1;
constexpr u64 kLookedAt = 2;
constexpr u64 kMarks = kNewcomer | kLookedAt;

// A document in a bucket; in order of priority.
struct Entry {
  u64 marked = 0;  // the bucket, with marks
  u64 node = 0;
  u64 key = 0;
  [[nodiscard]] u64 bucket() const { return marked & ~kMarks; }
  [[nodiscard]] bool newcomer() const { return (marked & kNewcomer) != 0; }
  [[nodiscard]] bool looked_at() const { return (marked & kLookedAt) != 0; }
  auto operator<=>(const Entry& other) const {
    return std::tuple(bucket(), node, key) <=> std::tuple(other.bucket(), other.node, other.key);
  }
  bool operator==(const Entry& other) const { return (*this <=> other) == 0; }
  [[nodiscard]] u64 leading() const { return bucket(); }
  [[nodiscard]] u64 following() const { return node; }
};

// A document that is beyond the head of a bucket.
struct Crowded {
  u64 key = 0;
  u64 marked = 0;  // the bucket, and kNewcomer when it was not beyond before
  auto operator<=>(const Crowded&) const = default;
  [[nodiscard]] u64 bucket() const { return marked & ~kMarks; }
  [[nodiscard]] u64 leading() const { return key; }
};

// A bucket that is looked into, of a document that is in two of them or more.
struct Hit {
  u64 key = 0;
  u64 band = 0;
  u64 marked = 0;  // the bucket; kLookedAt: of a document that is looked at
  u64 node = 0;
  auto operator<=>(const Hit&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u64 following() const { return band; }
};

u64 second_bucket(u64 first, u64 second) { return mix64(first + mix64(second)) & ~kMarks; }

class Meeting {
 public:
  Meeting(Cluster& cluster, const Bands& bands, const Ranking& ranking, Sketches& sketches,
          const std::optional<LookedAt>& looked_at)
      : cluster_(cluster),
        bands_(bands),
        ranking_(ranking),
        sketches_(sketches),
        looked_at_(looked_at),
        pairs_(cluster, "minhash.pairs", cluster.budget.lease("minhash.pairs", 0.15)),
        heads_(cluster, "minhash.heads", cluster.budget.lease("minhash.heads", 0.02)),
        displaced_(cluster, "minhash.displaced", cluster.budget.lease("minhash.displaced", 0.02)),
        hits_(cluster, "minhash.hits", cluster.budget.lease("minhash.hits", 0.05)),
        table_(cluster.budget.lease("minhash.recent", 0.05)),
        // 4 million pairs at most: a table that outgrows the caches by far costs more than it
        // saves.
        recent_(std::min(table_.bytes(), u64{64} << 20)) {}

  Met operator()() {
    const Records<Crowded> crowded = first_buckets();
    second_buckets(crowded);
    Records<Candidate> pairs = pairs_.finish();
    pairs.sort();
    // After the others: no more exchanges are open at once than memory is kept for.
    Records<u64> heads = send_keys(cluster_, "minhash.heads_home", heads_,
                                   [&](u64 key) { return sketches_.home(DocKey{key}); });
    return {std::move(pairs), std::move(heads), std::move(displaced_)};
  }

 private:
  // f(node, key) for this rank's documents, with the buckets of its bands in buckets_.
  template <class F>
  void for_each(F&& f) {
    ranking_.for_each(sketches_, [&](u64 node, DocKey key, std::string_view sketch) {
      take_buckets(sketch);
      f(node, key);
    });
  }

  void take_buckets(std::string_view signature) {
    signature_.resize(signature.size() / sizeof(u32));
    std::memcpy(signature_.data(), signature.data(), signature.size());
    buckets_of(signature_, bands_, buckets_);
  }

  // The buckets of documents that are looked at.
  BucketFilter looked_into() {
    Records<u64> mine = empty_list("minhash.looked_into");
    for (const Records<u64>* documents : {&looked_at_->newcomers, &looked_at_->besides}) {
      if (documents->size() == 0) continue;
      sketches_.for_each_of(*documents, [&](DocKey, std::string_view sketch) {
        take_buckets(ranking_.without_priority(sketch));
        for (const u64 bucket : buckets_) mine.push(bucket);
      });
    }
    return BucketFilter(cluster_, "minhash.looked_into", mine);
  }

  // Returns who is beyond the heads, at home, sorted.
  Records<Crowded> first_buckets() {
    Records<Entry> entries(cluster_, "minhash.bands", cluster_.budget.lease("minhash.bands", 0.1));
    if (!looked_at_) {
      for_each([&](u64 node, DocKey key) {
        for (const u64 bucket : buckets_) entries.push({bucket | kMarks, node, key.value});
      });
    } else {
      const BucketFilter filter = looked_into();
      Ascending newcomers(looked_at_->newcomers);
      Ascending besides(looked_at_->besides);
      for_each([&](u64 node, DocKey key) {
        const bool newcomer = newcomers.has(key.value);
        const bool looked_at = besides.has(key.value) || newcomer;
        const u64 marks = (newcomer ? kNewcomer : 0) | (looked_at ? kLookedAt : 0);
        const auto hits = std::count_if(buckets_.begin(), buckets_.end(),
                                        [&](u64 bucket) { return filter.has(bucket); });
        for (u64 band = 0; band < buckets_.size() && hits > 0; ++band) {
          if (!filter.has(buckets_[band])) continue;
          entries.push({buckets_[band] | marks, node, key.value});
          if (hits > 1) hits_.push({key.value, band, buckets_[band] | marks, node});
        }
      });
      hits_.sort();
    }
    Shuffle<Crowded> crowded(cluster_, "minhash.crowded",
                             cluster_.budget.lease("minhash.crowded", 0.02));
    group("minhash.buckets", std::move(entries), [&](const Entry& member, bool newcomer) {
      crowded.put(sketches_.home(DocKey{member.key}),
                  {member.key, member.bucket() | (newcomer ? kNewcomer : 0)});
    });
    Records<Crowded> home = crowded.finish();
    home.sort();
    return home;
  }

  // f(node, key, marks) for those of this rank's documents that may be in a second bucket that is
  // looked into, with the buckets that these are made of in buckets_.
  template <class F>
  void for_each_hit(F&& f) {
    if (!looked_at_) {
      for_each([&](u64 node, DocKey key) { f(node, key.value, kLookedAt); });
      return;
    }
    auto cursor = hits_.cursor();
    for (const Hit* at = cursor.next(); at != nullptr;) {
      const Hit first = *at;
      buckets_.clear();
      for (; at != nullptr && at->key == first.key; at = cursor.next()) {
        buckets_.push_back(at->marked & ~kMarks);
      }
      f(first.node, first.key, first.marked & kLookedAt);
    }
  }

  // f(node, key, second bucket with marks) for each of them that the crowded documents are in. A
  // pair that shares bands b < b2, both crowded, meets in (b, b2); in b2 alone it would meet only
  // within the head, where it has met already. So b2 > b is enough.
  template <class F>
  void for_each_second(const Records<Crowded>& crowded, F&& f) {
    if (crowded.size() == 0) return;
    Ascending here(crowded);
    for_each_hit([&](u64 node, u64 key, u64 mark) {
      for (const Crowded* at = here.find(key); at != nullptr; at = here.find(key)) {
        const auto band = std::find(buckets_.begin(), buckets_.end(), at->bucket());
        for (auto other = band == buckets_.end() ? band : band + 1; other != buckets_.end();
             ++other) {
          f(node, key, second_bucket(*band, *other) | mark | (at->marked & kNewcomer));
        }
        here.pass();
      }
    });
  }

  void second_buckets(const Records<Crowded>& crowded) {
    const BucketFilter filter = [&] {
      if (!looked_at_) return BucketFilter();
      Records<u64> mine = empty_list("minhash.looked_second");
      for_each_second(crowded, [&](u64, u64, u64 marked) {
        if ((marked & kMarks) != 0) mine.push(marked & ~kMarks);
      });
      return BucketFilter(cluster_, "minhash.looked_second", mine);
    }();
    Records<Entry> entries(cluster_, "minhash.second",
                           cluster_.budget.lease("minhash.second", 0.1));
    for_each_second(crowded, [&](u64 node, u64 key, u64 marked) {
      if (filter.has(marked & ~kMarks)) entries.push({marked, node, key});
    });
    group("minhash.second_buckets", std::move(entries), [](const Entry&, bool) {});
  }

  // Compares each member of a bucket with the first `head`; hands on who is beyond, and whether it
  // is so for the first time.
  template <class OnBeyond>
  void group(const char* name, Records<Entry>&& entries, OnBeyond&& on_beyond) {
    group_by(
        cluster_, name, std::move(entries), [](const Entry& entry) { return entry.bucket(); },
        [&](Group<Entry>& bucket) { meet_in(bucket, on_beyond); });
  }

  template <class OnBeyond>
  void meet_in(Group<Entry>& bucket, OnBeyond&& on_beyond) {
    best_.clear();
    best_looked_at_.clear();
    u64 others = 0;  // so far, those that are no newcomers
    bool full = false;
    while (const Entry* member = bucket.next()) {
      const bool foreign = DocKey{member->key}.foreign();
      // Two that nobody looks at have met before, or have not.
      for (const Entry& better : member->looked_at() ? best_ : best_looked_at_) {
        if (foreign) break;
        if (recent_.seen(better.key, member->key)) continue;
        pairs_.put(owner_of(mix64(better.key), cluster_.size()),
                   {better.key, member->key, better.node, member->node});
      }
      const bool was_in_head = !member->newcomer() && others < bands_.head;
      if (!member->newcomer()) ++others;
      if (best_.size() < bands_.head) {
        best_.push_back(*member);
        if (member->looked_at()) best_looked_at_.push_back(*member);
        continue;
      }
      if (!std::exchange(full, true)) {
        for (const Entry& one : best_) heads_.push(one.key);
      }
      if (was_in_head) displaced_.push(member->key);
      on_beyond(*member, member->newcomer() || was_in_head);
    }
  }

  Records<u64> empty_list(const std::string& name) {
    return Records<u64>(cluster_, name + ".mine", cluster_.budget.lease(name + ".mine", 0.02));
  }

  Cluster& cluster_;
  const Bands& bands_;
  const Ranking& ranking_;
  Sketches& sketches_;
  const std::optional<LookedAt>& looked_at_;
  Shuffle<Candidate> pairs_;
  Records<u64> heads_;
  Records<u64> displaced_;
  Records<Hit> hits_;  // at home; none when all buckets are looked into
  const Lease table_;
  RecentPairs recent_;
  std::vector<Entry> best_;
  std::vector<Entry> best_looked_at_;
  std::vector<u32> signature_;
  std::vector<u64> buckets_;  // of the document at hand
};

}  // namespace

void buckets_of(std::span<const u32> signature, const Bands& bands, std::vector<u64>& out) {
  out.clear();
  if (std::all_of(signature.begin(), signature.end(), [](u32 m) { return m == UINT32_MAX; }))
    return;
  for (u32 band = 0; band < bands.count; ++band) {
    const std::span<const u32> rows = signature.subspan(std::size_t{band} * bands.rows, bands.rows);
    out.push_back(
        hash64({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(u32)}, band) &
        ~kMarks);
  }
}

Met meet(Cluster& cluster, const Bands& bands, const Ranking& ranking, Sketches& sketches,
         const std::optional<LookedAt>& looked_at) {
  return Meeting(cluster, bands, ranking, sketches, looked_at)();
}

}  // namespace shardmill
