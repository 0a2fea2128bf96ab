#include "operators/write/token_shard_reader.hpp"

#include <algorithm>
#include <cstring>

#include "engine/store/little_endian.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

constexpr u64 kBlockBytes = u64{4} << 20;

Hdf5Element element_of(const TokenFormat& format) {
  return format.width() == 2 ? Hdf5Element::u16_ : Hdf5Element::i32_;
}

TokenFormat format_of(const Hdf5Object& file, const std::string& path) {
  require_token_shard(file, path, "corpus");
  return {file.text("tokenizer"), file.number("vocabulary_size"),
          narrow<u32>(file.number("eos_id"))};
}

u64 as_number(std::optional<std::string_view> bytes) { return bytes ? load_u64(*bytes) : 0; }

void expect_text(const std::string& path, const char* what, const std::string& found,
                 std::string_view expected) {
  if (found == expected) return;
  throw DataError(path + ": " + what + " is " + found + ", expected " + std::string(expected));
}

}  // namespace

void require_token_shard(const Hdf5Object& file, const std::string& path, std::string_view layout) {
  expect_text(path, "format", file.text("format"), kTokensFormat);
  expect_text(path, "format_version", std::to_string(file.number("format_version")),
              std::to_string(kShardFormatVersion));
  expect_text(path, "layout", file.text("layout"), layout);
}

TokenShardReader::TokenShardReader(const std::filesystem::path& snapshot, const std::string& path)
    : snapshot_(snapshot),
      path_(path),
      file_(Hdf5Object::open_file(snapshot / path)),
      data_(file_.open("data")),
      documents_(snapshot / token_documents_path(path)),
      format_(format_of(file_, path)),
      n_tokens_(data_.length(element_of(format_))),
      split_(file_.text("split")),
      logical_digest_(file_.text("logical_digest")) {
  const auto expect = [&](const char* what, u64 found, u64 expected) {
    if (found == expected) return;
    throw DataError(path_ + ": " + what + " is " + std::to_string(found) + ", expected " +
                    std::to_string(expected));
  };
  expect("n_tokens", file_.number("n_tokens"), n_tokens_);
  expect("n_documents", file_.number("n_documents"), documents_.n_documents());
}

void TokenShardReader::for_each(u64 first, u64 last,
                                const std::function<bool(const TokenDocument&)>& f) const {
  const std::size_t begin = documents_.column("begin");
  const std::size_t copy = documents_.column("copy");
  const std::size_t id = documents_.column("id");
  const std::size_t key = documents_.column("key");
  const std::size_t source = documents_.column("source");
  const std::size_t tokens = documents_.column("tokens");
  const std::size_t width = format_.width();
  ShardRows rows;
  std::string bytes;
  std::vector<u32> ids;
  u64 from = 0;  // tokens [from, from + held) are in `bytes`
  u64 held = 0;
  while (first < last) {
    first = documents_.read(first, last, rows);
    for (u64 row = 0; row < rows.size(); ++row) {
      const u64 number = rows.first() + row;
      const u64 at = as_number(rows.value(begin, row));
      const u64 n = as_number(rows.value(tokens, row));
      if (n == 0 || n > n_tokens_ || at > n_tokens_ - n) {
        throw DataError(path_ + ": document " + std::to_string(number) + " has tokens " +
                        std::to_string(at) + " to " + std::to_string(at + n) + " of " +
                        std::to_string(n_tokens_));
      }
      if (at < from || at + n > from + held) {
        from = at;
        held = std::min(std::max(n, kBlockBytes / width), n_tokens_ - at);
        bytes.resize(held * width);
        data_.read(element_of(format_), from, held, bytes.data());
      }
      const std::string_view stored =
          std::string_view(bytes).substr((at - from) * width, n * width);
      ids.assign(n, 0);
      for (u64 i = 0; i < n; ++i) std::memcpy(&ids[i], stored.data() + i * width, width);
      const bool more =
          f({number, at, as_number(rows.value(copy, row)), rows.value(id, row).value_or(""),
             rows.value(key, row).value_or(""), rows.value(source, row).value_or(""), stored, ids});
      if (!more) return;
    }
  }
}

void TokenShardReader::verify() const {
  documents_.verify();
  LogicalDigest digest(token_schema());
  MegatronIndexCheck index(snapshot_ / with_ending(path_, ".idx"), n_documents(), format_,
                           data_begin());
  u64 end = 0;
  const auto wrong = [&](const TokenDocument& document, const std::string& what) {
    throw DataError(path_ + ": document " + std::to_string(document.number) + " (" +
                    std::string(document.id) + ") " + what);
  };
  for_each(0, n_documents(), [&](const TokenDocument& document) {
    if (document.begin != end) {
      wrong(document, "begins at token " + std::to_string(document.begin) + ", expected " +
                          std::to_string(end));
    }
    end += document.ids.size();
    const auto beyond = std::find_if(document.ids.begin(), document.ids.end(),
                                     [&](u32 token) { return token >= format_.vocabulary_size; });
    if (beyond != document.ids.end()) {
      wrong(document, "has the id " + std::to_string(*beyond) + ", expected less than " +
                          std::to_string(format_.vocabulary_size));
    }
    if (document.ids.back() != format_.end) {
      wrong(document, "ends with token " + std::to_string(document.ids.back()) +
                          ", expected the end token " + std::to_string(format_.end));
    }
    const std::string_view copy(reinterpret_cast<const char*>(&document.copy), sizeof(u64));
    const std::optional<std::string_view> said[] = {copy, document.id, document.key,
                                                    document.source, document.stored};
    digest.add(said);
    index.next(document.ids.size());
    return true;
  });
  if (end != n_tokens_) {
    throw DataError(path_ + ": its documents have " + std::to_string(end) + " tokens, `data` has " +
                    std::to_string(n_tokens_));
  }
  if (const std::string found = digest.hex(); found != logical_digest_) {
    throw DataError(path_ + ": logical digest is " + found + ", the file states " +
                    logical_digest_);
  }
}

}  // namespace shardmill
