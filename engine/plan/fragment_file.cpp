#include "engine/plan/fragment_file.hpp"

#include <cstring>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

// A smaller piece compresses worse; of a larger one more is decompressed for nothing. Measured in
// bench/README, "A night".
constexpr u64 kTextPiece = u64{32} << 10;

std::string section(const char* name, u64 block) {
  return std::string(name) + "/" + std::to_string(block);
}
std::string section(const char* name, u64 block, u32 step) {
  return section(name, block) + "/" + std::to_string(step);
}

void put(WireWriter& out, const TextColumn& column) {
  std::vector<u32> lengths(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) lengths[i] = narrow<u32>(column[i].size());
  out.array(lengths);
  out.array(column.valid());
  out.text(column.bytes());
}

void get(WireReader& in, TextColumn& column) {
  column.clear();
  std::vector<u32> lengths;
  std::vector<u8> valid;
  in.array(lengths);
  in.array(valid);
  std::string_view bytes = in.text();
  if (lengths.size() != valid.size()) throw DataError("a column of the store: lengths differ");
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] > bytes.size()) throw DataError("a column of the store: ends too early");
    if (valid[i] != 0) {
      column.push(bytes.substr(0, lengths[i]));
    } else {
      column.push_absent();
    }
    bytes.remove_prefix(lengths[i]);
  }
}

std::string serialised(const FragmentInfo& info, u64 blocks) {
  std::string bytes;
  WireWriter out(bytes);
  out.number(blocks);
  for (const std::map<u64, u64>* counts : {&info.documents_of, &info.made_ids}) {
    out.number(counts->size());
    for (const auto& [ordinal, documents] : *counts) {
      out.number(ordinal);
      out.number(documents);
    }
  }
  out.number(info.raw_bytes);
  out.number(info.text_bytes);
  out.number(info.unreadable.size());
  for (const UnreadableRecord& record : info.unreadable) {
    out.number(record.ordinal);
    out.number(record.offset);
    out.text(record.reason);
    out.text(record.detail);
  }
  out.number(info.seen.size());
  for (const auto& [name, kinds] : info.seen) {
    out.text(name);
    out.number(kinds);
  }
  out.number(info.dimensions.size());
  for (const auto& [name, files] : info.dimensions) {
    out.text(name);
    out.number(files.size());
    for (const auto& [ordinal, length] : files) {
      out.number(ordinal);
      out.number(length);
    }
  }
  out.number(info.removed.size());
  for (const Hash128& id : info.removed) {
    out.number(id.high);
    out.number(id.low);
  }
  out.number(info.failures.size());
  for (const auto& [ordinal, why] : info.failures) {
    out.number(ordinal);
    out.text(why);
  }
  out.number(info.gone.size());
  for (const u64 ordinal : info.gone) out.number(ordinal);
  return bytes;
}

u64 deserialise(std::string_view bytes, FragmentInfo& info) {
  WireReader in(bytes, "the info section of a fragment");
  const u64 blocks = in.number();
  for (std::map<u64, u64>* counts : {&info.documents_of, &info.made_ids}) {
    for (u64 n = in.number(); n > 0; --n) {
      const u64 ordinal = in.number();
      (*counts)[ordinal] = in.number();
    }
  }
  info.raw_bytes = in.number();
  info.text_bytes = in.number();
  for (u64 n = in.number(); n > 0; --n) {
    UnreadableRecord record;
    record.ordinal = in.number();
    record.offset = in.number();
    record.reason = in.text();
    record.detail = in.text();
    info.unreadable.push_back(std::move(record));
  }
  for (u64 n = in.number(); n > 0; --n) {
    const std::string name(in.text());
    info.seen[name] = in.number();
  }
  for (u64 n = in.number(); n > 0; --n) {
    std::map<u64, u64>& files = info.dimensions[std::string(in.text())];
    for (u64 m = in.number(); m > 0; --m) {
      const u64 ordinal = in.number();
      files[ordinal] = in.number();
    }
  }
  for (u64 n = in.number(); n > 0; --n) {
    const u64 high = in.number();
    info.removed.push_back({high, in.number()});
  }
  for (u64 n = in.number(); n > 0; --n) {
    const u64 ordinal = in.number();
    info.failures[ordinal] = in.text();
  }
  for (u64 n = in.number(); n > 0; --n) info.gone.insert(in.number());
  return blocks;
}

}  // namespace

FragmentWriter::FragmentWriter(const std::filesystem::path& path) : segment_(path) {}

void FragmentWriter::add_block(const std::vector<DocEntry>& entries,
                               const std::vector<RowHit>& hits, const Batch& batch,
                               const std::map<u32, TextColumn>& texts) {
  const u64 block = blocks_++;
  const auto add = [&](const std::string& name, const auto& fill) {
    bytes_.clear();
    WireWriter out(bytes_);
    fill(out);
    segment_.add(name, bytes_);
  };
  add(section("entries", block), [&](WireWriter& out) { out.array(entries); });
  add(section("hits", block), [&](WireWriter& out) { out.array(hits); });
  add(section("ids", block), [&](WireWriter& out) { put(out, batch.id); });
  add(section("fields", block), [&](WireWriter& out) {
    out.number(batch.fields.size());
    for (const Field& field : batch.fields) {
      out.text(field.name);
      put(out, field.json);
    }
  });
  add_texts(section("text", block), batch.text);
  for (const auto& [step, text] : texts) {
    // A step whose text no later step changed reads the final one.
    if (text.bytes() == batch.text.bytes() && text.offsets() == batch.text.offsets()) continue;
    add_texts(section("text", block, step), text);
  }
}

// Their lengths, in a piece of their own, and the texts.
void FragmentWriter::add_texts(const std::string& section, const TextColumn& texts) {
  bytes_.clear();
  std::vector<u32> lengths(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) lengths[i] = narrow<u32>(texts[i].size());
  WireWriter(bytes_).array(lengths);
  std::vector<std::size_t> cuts;
  u64 begin = 0;  // of the piece, among the texts
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == 0 || texts.offsets()[i] - begin >= kTextPiece) {
      begin = texts.offsets()[i];
      cuts.push_back(bytes_.size() + begin);
    }
  }
  bytes_ += texts.bytes();
  segment_.add(section, bytes_, cuts);
}

u64 FragmentWriter::commit(const FragmentInfo& info) {
  segment_.add("info", serialised(info, blocks_));
  segment_.commit();
  return segment_.checksum();
}

FragmentReader::FragmentReader(const std::filesystem::path& path)
    : segment_(path), blocks_(deserialise(segment_.read("info"), info_)) {}

void FragmentReader::entries(u64 block, std::vector<DocEntry>& out) const {
  const std::string bytes = segment_.read(section("entries", block));
  WireReader(bytes, "entries of a fragment").array(out);
}

void FragmentReader::hits(u64 block, std::vector<RowHit>& out) const {
  const std::string bytes = segment_.read(section("hits", block));
  WireReader(bytes, "row hits of a fragment").array(out);
}

void FragmentReader::ids(u64 block, TextColumn& out) const {
  const std::string bytes = segment_.read(section("ids", block));
  WireReader in(bytes, "ids of a fragment");
  get(in, out);
}

void FragmentReader::fields(u64 block, std::vector<Field>& out) const {
  const std::string bytes = segment_.read(section("fields", block));
  WireReader in(bytes, "fields of a fragment");
  out.clear();
  for (u64 n = in.number(); n > 0; --n) {
    out.push_back({std::string(in.text()), {}});
    get(in, out.back().json);
  }
}

void FragmentReader::read_texts(const std::string& section, BlockTexts& out) const {
  segment_.open(section, out.section_);
  u64 documents = 0;
  std::memcpy(&documents, out.section_.get(0, sizeof documents).data(), sizeof documents);
  if (documents > out.section_.size() / sizeof(u32)) {
    throw DataError("lengths of texts of a fragment: end too early");
  }
  const std::string_view lengths = out.section_.get(sizeof documents, documents * sizeof(u32));
  u64 end = sizeof documents + lengths.size();
  out.begins_.assign(1, end);
  for (u64 i = 0; i < documents; ++i) {
    u32 length = 0;
    std::memcpy(&length, lengths.data() + i * sizeof length, sizeof length);
    out.begins_.push_back(end += length);
  }
}

void FragmentReader::texts(u64 block, BlockTexts& out) const {
  read_texts(section("text", block), out);
}

void FragmentReader::texts_at(u64 block, u32 step, BlockTexts& out) const {
  const std::string own = section("text", block, step);
  read_texts(segment_.has(own) ? own : section("text", block), out);
}

}  // namespace shardmill
