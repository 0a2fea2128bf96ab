// Records in a segment: sections name0, name1, ... of about 1 MiB each.
#pragma once

#include <cstring>
#include <string>
#include <utility>

#include "engine/records/records.hpp"
#include "engine/store/segment.hpp"

namespace shardmill {

inline constexpr std::size_t kRecordChunkBytes = std::size_t{1} << 20;

// Writes them as they come.
template <class T>
class RecordChunks {
 public:
  RecordChunks(SegmentWriter& segment, const char* name) : segment_(segment), name_(name) {}
  void add(const T& record) {
    chunk_.append(reinterpret_cast<const char*>(&record), sizeof record);
    if (chunk_.size() >= kRecordChunkBytes) finish();
  }
  // After the last.
  void finish() {
    if (chunk_.empty()) return;
    segment_.add(name_ + std::to_string(number_++), chunk_);
    chunk_.clear();
  }

 private:
  SegmentWriter& segment_;
  std::string name_;
  std::string chunk_;
  u64 number_ = 0;
};

template <class T>
void write_records(SegmentWriter& segment, const char* name, const Records<T>& records) {
  RecordChunks<T> chunks(segment, name);
  records.for_each([&](const T& record) { chunks.add(record); });
  chunks.finish();
}

// f(const T&) for each.
template <class T, class F>
void for_each_record(const SegmentReader& segment, const char* name, F&& f) {
  std::string chunk;
  T record;
  for (u64 number = 0; segment.has(name + std::to_string(number)); ++number) {
    segment.read_into(name + std::to_string(number), chunk);
    for (std::size_t at = 0; at + sizeof record <= chunk.size(); at += sizeof record) {
      std::memcpy(&record, chunk.data() + at, sizeof record);
      f(std::as_const(record));
    }
  }
}

template <class T>
void read_records(const SegmentReader& segment, const char* name, Records<T>& records) {
  for (u64 number = 0; segment.has(name + std::to_string(number)); ++number) {
    const std::string chunk = segment.read(name + std::to_string(number));
    records.push_bytes(std::as_bytes(std::span(chunk)));
  }
}

}  // namespace shardmill
