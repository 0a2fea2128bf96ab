// Records in a segment: sections name0, name1, ... of about 1 MiB each.
#pragma once

#include <cstring>
#include <string>
#include <utility>

#include "engine/records/records.hpp"
#include "engine/store/segment.hpp"

namespace shardmill {

inline constexpr std::size_t kRecordChunkBytes = std::size_t{1} << 20;

template <class T>
void write_records(SegmentWriter& segment, const char* name, const Records<T>& records) {
  std::string chunk;
  u64 number = 0;
  const auto flush = [&] {
    if (chunk.empty()) return;
    segment.add(name + std::to_string(number++), chunk);
    chunk.clear();
  };
  records.for_each([&](const T& record) {
    chunk.append(reinterpret_cast<const char*>(&record), sizeof record);
    if (chunk.size() >= kRecordChunkBytes) flush();
  });
  flush();
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
