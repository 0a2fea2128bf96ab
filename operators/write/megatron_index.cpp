#include "operators/write/megatron_index.hpp"

#include <algorithm>

#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 16;
constexpr u64 kHeader = 34;

u64 begins_at(u64 documents) { return kHeader + 4 * documents; }
u64 boundaries_at(u64 documents) { return kHeader + 12 * documents; }
u64 size_of(u64 documents) { return boundaries_at(documents) + 8 * (documents + 1); }

std::string header(u64 documents, const TokenFormat& format) {
  constexpr char kUint16 = 8;
  constexpr char kInt32 = 4;
  std::string bytes("MMIDIDX\0\0", 9);
  append_u64(bytes, 1);
  bytes += format.width() == 2 ? kUint16 : kInt32;
  append_u64(bytes, documents);
  append_u64(bytes, documents + 1);
  return bytes;
}

std::string as_u32(u64 number) {
  std::string bytes;
  append_u32(bytes, narrow<u32>(number));
  return bytes;
}
std::string as_u64(u64 number) {
  std::string bytes;
  append_u64(bytes, number);
  return bytes;
}

}  // namespace

MegatronIndexWriter::MegatronIndexWriter(const std::filesystem::path& path, u64 documents,
                                         const TokenFormat& format, u64 data_begin)
    : part_(path),
      file_(File::create(part_.path())),
      documents_(documents),
      width_(format.width()),
      next_(data_begin),
      lengths_{kHeader, {}},
      begins_{begins_at(documents), {}},
      boundaries_{boundaries_at(documents), {}} {
  reserve_space(part_.path(), size_of(documents));
  file_.write_at(0, header(documents, format));
  put(boundaries_, as_u64(0));
}

void MegatronIndexWriter::put(Array& array, std::string_view bytes) {
  array.bytes += bytes;
  if (array.bytes.size() < kBuffer) return;
  file_.write_at(array.at, array.bytes);
  array.at += array.bytes.size();
  array.bytes.clear();
}

void MegatronIndexWriter::add(u64 tokens) {
  if (added_ == documents_) throw InternalError(part_.path().string() + ": a document too many");
  put(lengths_, as_u32(tokens));
  put(begins_, as_u64(next_));
  put(boundaries_, as_u64(++added_));
  next_ += tokens * width_;
}

ShardPart::Whole MegatronIndexWriter::commit() {
  if (added_ != documents_) throw InternalError(part_.path().string() + ": too few documents");
  for (const Array* array : {&lengths_, &begins_, &boundaries_}) {
    file_.write_at(array->at, array->bytes);
  }
  file_.close();
  return part_.commit();
}

MegatronIndexCheck::MegatronIndexCheck(const std::filesystem::path& path, u64 documents,
                                       const TokenFormat& format, u64 data_begin)
    : file_(File::open_read(path)),
      width_(format.width()),
      next_(data_begin),
      lengths_{kHeader, {}, 0},
      begins_{begins_at(documents), {}, 0},
      boundaries_{boundaries_at(documents), {}, 0} {
  if (file_.size() != size_of(documents)) {
    throw DataError(path.string() + ": has " + std::to_string(file_.size()) + " bytes, expected " +
                    std::to_string(size_of(documents)) + " for " + std::to_string(documents) +
                    " documents");
  }
  Array first;
  expect(first, header(documents, format), "header");
  expect(boundaries_, as_u64(0), "boundary");
}

void MegatronIndexCheck::expect(Array& array, std::string_view bytes, const char* what) {
  if (array.bytes.size() - array.used < bytes.size()) {
    array.at += array.used;
    array.bytes.resize(std::max(kBuffer, bytes.size()));
    array.bytes.resize(file_.read_at(array.at, array.bytes));
    array.used = 0;
  }
  if (std::string_view(array.bytes).substr(array.used, bytes.size()) != bytes) {
    throw DataError(file_.path().string() + ": at byte " + std::to_string(array.at + array.used) +
                    " the " + what + " of document " + std::to_string(document_) +
                    " is not what the shard says");
  }
  array.used += bytes.size();
}

void MegatronIndexCheck::next(u64 tokens) {
  expect(lengths_, as_u32(tokens), "length");
  expect(begins_, as_u64(next_), "pointer");
  next_ += tokens * width_;
  expect(boundaries_, as_u64(++document_), "boundary");
}

}  // namespace shardmill
