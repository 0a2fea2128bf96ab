// Words of a text, counted: a plain program on one core and all ranks together.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/engine_work/work.hpp"
#include "engine/algorithm/reduce_by_key.hpp"

namespace shardmill::bench {
namespace {

constexpr double kVocabulary = 1e6;
constexpr std::size_t kBlock = std::size_t{1} << 20;

// The n-th most frequent word has about 1/n of the share of the first (Zipf), 3 to 9 letters.
void write_text(const std::string& path, u64 bytes) {
  std::ofstream out(path, std::ios::binary);
  std::string text;
  u64 seed = 0;
  for (u64 written = 0; written < bytes; written += text.size()) {
    text.clear();
    while (text.size() < kBlock) {
      const double uniform = static_cast<double>(mix64(++seed) >> 11) * 0x1p-53;
      u64 letters = mix64(static_cast<u64>(std::pow(kVocabulary, uniform)));
      for (u64 n = 3 + letters % 7; n > 0; --n, letters /= 26) {
        text += static_cast<char>('a' + letters % 26);
      }
      text += seed % 16 == 0 ? '\n' : ' ';
    }
    out << text;
  }
  if (!out.flush()) throw ResourceError(path + ": cannot be written");
}

// f(word) for the words that begin in [begin, end) of the file.
template <class F>
void for_each_word(const std::string& path, u64 begin, u64 end, F&& f) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw ResourceError(path + ": cannot be opened");
  // From the byte before: a word that begins earlier is not ours.
  u64 at = begin == 0 ? 0 : begin - 1;
  bool skipping = begin > 0;
  std::string text;
  std::size_t held = 0;
  for (bool ended = false; !ended;) {
    text.resize(held + kBlock);
    const ssize_t got = ::pread(file, text.data() + held, kBlock, static_cast<off_t>(at + held));
    if (got < 0) throw ResourceError(path + ": cannot be read");
    text.resize(held + static_cast<std::size_t>(got));
    if (got == 0) text += ' ';
    const char* const first = text.data();
    const char* const last = first + text.size();
    const char* word = first;
    for (const char* c = first; c != last; ++c) {
      if (*c > ' ') continue;
      if (skipping) {
        skipping = false;
      } else if (c != word) {
        if (at + static_cast<u64>(word - first) >= end) {
          ended = true;
          break;
        }
        f(std::string_view(word, c));
      }
      word = c + 1;
    }
    if (got == 0) ended = true;
    held = static_cast<std::size_t>(last - word);
    at += static_cast<u64>(word - first);
    text.erase(0, static_cast<std::size_t>(word - first));
  }
  ::close(file);
}

// What a hash map of strings does, without making a string for each lookup.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using Counts = std::unordered_map<std::string, u64, TextHash, std::equal_to<>>;

// A word of up to 15 bytes; our text has none longer.
struct Word {
  std::array<char, 16> text{};
  u64 count = 0;
  auto operator<=>(const Word&) const = default;
};

u64 key_of(const Word& word) {
  std::array<u64, 2> halves{};
  std::memcpy(halves.data(), word.text.data(), sizeof halves);
  return mix64(halves[0] ^ mix64(halves[1] + 1));
}

// No two words of ours have the same key; if they had, this would say so.
void add(Word& into, const Word& other) {
  if (into.text != other.text) throw InternalError("two words have one key");
  into.count += other.count;
}

Word word_of(std::string_view text) {
  if (text.size() > 15) throw DataError("a word of more than 15 bytes: " + std::string(text));
  Word word;
  word.count = 1;
  std::memcpy(word.text.data(), text.data(), text.size());
  return word;
}

}  // namespace

Numbers make_words(Cluster&, const Wishes& wishes) {
  write_text(wishes.file, wishes.bytes);
  return {};
}

Numbers plain_words(Cluster& cluster, const Wishes& wishes) {
  Counts counts;
  const double seconds = timed(cluster, [&] {
    for_each_word(wishes.file, 0, UINT64_MAX, [&](std::string_view word) {
      const auto found = counts.find(word);
      if (found != counts.end()) {
        ++found->second;
      } else {
        counts.emplace(word, 1);
      }
    });
  });
  u64 sum = 0;
  for (const auto& [word, count] : counts) sum += count * (key_of(word_of(word)) % 1000);
  return {{"seconds", seconds},
          {"words", static_cast<double>(counts.size())},
          {"sum", static_cast<double>(sum)}};
}

Numbers words(Cluster& cluster, const Wishes& wishes) {
  const u64 size = std::filesystem::file_size(wishes.file);
  const u64 rank = cluster.rank().value;
  u64 distinct = 0;
  u64 sum = 0;
  const double seconds = timed(cluster, [&] {
    Reducer<Word, decltype(&key_of), decltype(&add)> reducer(cluster, "words", &key_of, &add);
    for_each_word(wishes.file, size * rank / cluster.size(), size * (rank + 1) / cluster.size(),
                  [&](std::string_view text) { reducer.put(word_of(text)); });
    reducer.finish().for_each([&](const Word& word) {
      ++distinct;
      sum += word.count * (key_of(word) % 1000);
    });
  });
  return {{"seconds", seconds},
          {"words", static_cast<double>(cluster.control.all_sum(distinct))},
          {"sum", static_cast<double>(cluster.control.all_sum(sum))}};
}

}  // namespace shardmill::bench
