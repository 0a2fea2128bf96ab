#include "operators/dedup/shingle_sets.hpp"

namespace shardmill {

ShingleSets::~ShingleSets() { clear(); }

void ShingleSets::clear() {
  memory_.clear();
  places_.clear();
  cache_.clear();
  cached_.clear();
  cached_bytes_ = 0;
  in_file_ = 0;
  if (file_.is_open()) {
    std::error_code gone;  // scratch is disposable: a file that is not there is as good
    std::filesystem::remove(file_.path(), gone);
    file_ = {};
  }
}

void ShingleSets::add(u64 document, std::span<const u64> set) {
  if (!file_.is_open() && (memory_.size() + set.size()) * sizeof(u64) > limit_) spill();
  if (file_.is_open()) {
    places_[document] = {in_file_, set.size()};
    file_.append({reinterpret_cast<const char*>(set.data()), set.size_bytes()});
    in_file_ += set.size();
    return;
  }
  places_[document] = {memory_.size(), set.size()};
  memory_.insert(memory_.end(), set.begin(), set.end());
}

void ShingleSets::spill() {
  file_ = File::create(scratch_ / "minhash.sets");
  file_.append({reinterpret_cast<const char*>(memory_.data()), memory_.size() * sizeof(u64)});
  in_file_ = memory_.size();
  memory_ = {};
}

std::span<const u64> ShingleSets::get(u64 document) {
  const auto at = places_.find(document);
  if (at == places_.end()) throw InternalError("no shingles of a candidate document");
  const Place place = at->second;
  if (!file_.is_open()) return {memory_.data() + place.offset, place.count};
  if (const auto hit = cached_.find(document); hit != cached_.end()) {
    cache_.splice(cache_.begin(), cache_, hit->second);
    return cache_.front().set;
  }
  cache_.push_front({document, std::vector<u64>(place.count)});
  cached_[document] = cache_.begin();
  std::vector<u64>& set = cache_.front().set;
  file_.read_exactly(place.offset * sizeof(u64),
                     {reinterpret_cast<char*>(set.data()), set.size() * sizeof(u64)});
  cached_bytes_ += set.size() * sizeof(u64);
  while (cached_bytes_ > limit_ && cache_.size() > 2) {
    cached_bytes_ -= cache_.back().set.size() * sizeof(u64);
    cached_.erase(cache_.back().document);
    cache_.pop_back();
  }
  return cache_.front().set;
}

}  // namespace shardmill
