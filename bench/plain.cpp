// The same job as shardmill's main one, written as plainly as possible: one thread, everything in
// memory, exact and near-duplicates dropped, kept lines written. A measure of what all the rest
// (ranks, exchange, memory bounds, verification, ledger, store, HDF5) costs or gains.
// What it leaves out: Unicode (only ASCII is lower-cased), verification of candidates (a shared
// band is enough), witnesses, split, resume. Usage: plain OUT.jsonl FILE…   prints JSON.
#include <simdjson.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "bench/files.hpp"

namespace {

using std::uint32_t;
using std::uint64_t;

constexpr std::size_t kBands = 14;  // the parameters of the preset `fineweb`
constexpr std::size_t kRows = 8;
constexpr std::size_t kMinima = kBands * kRows;
constexpr std::size_t kShingle = 5;  // words

struct Document {
  std::string_view line;  // of the input, to be written again
  bool kept = true;
};

struct BandEntry {
  uint64_t key;
  uint32_t document;
  bool operator<(const BandEntry& other) const {
    return key != other.key ? key < other.key : document < other.document;
  }
};

struct Coefficients {
  alignas(32) std::array<uint32_t, kMinima> a;
  alignas(32) std::array<uint32_t, kMinima> b;
};

Coefficients coefficients() {
  Coefficients c{};
  for (uint64_t i = 0; i < kMinima; ++i) {
    const uint64_t h = XXH3_64bits_withSeed(&i, sizeof i, 1);
    c.a[i] = static_cast<uint32_t>(h) | 1;
    c.b[i] = static_cast<uint32_t>(h >> 32);
  }
  return c;
}

// Lower-cases ASCII letters; words are runs of letters, digits and non-ASCII bytes.
std::array<char, 256> character_table() {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    const char byte = static_cast<char>(c);
    const bool word = c >= 128 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
    table[c] = word ? byte : byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : ' ';
  }
  return table;
}

// Words separated by single spaces, and where each begins; the last start is the end plus one.
void split(std::string_view text, const std::array<char, 256>& table, std::string& words,
           std::vector<uint32_t>& starts) {
  words.resize(text.size() + 1);
  starts.clear();
  char* out = words.data();
  bool inside = false;
  for (const char c : text) {
    const char to = table[static_cast<unsigned char>(c)];
    if (to != ' ') {
      if (!inside) starts.push_back(static_cast<uint32_t>(out - words.data()));
      *out++ = to;
    } else if (inside) {
      *out++ = ' ';
    }
    inside = to != ' ';
  }
  if (inside) *out++ = ' ';
  starts.push_back(static_cast<uint32_t>(out - words.data()));
}

void shingle(const std::string& words, const std::vector<uint32_t>& starts,
             std::vector<uint32_t>& shingles) {
  shingles.clear();
  const std::size_t count = starts.size() - 1;
  if (count == 0) return;
  const std::size_t length = std::min(count, kShingle);
  for (std::size_t i = 0; i + length <= count; ++i) {
    const std::size_t size = starts[i + length] - starts[i] - 1;
    shingles.push_back(static_cast<uint32_t>(XXH3_64bits(words.data() + starts[i], size)));
  }
}

__attribute__((target_clones("avx2", "default"))) void sign(const std::vector<uint32_t>& shingles,
                                                            const Coefficients& c,
                                                            uint32_t* __restrict minima) {
  for (std::size_t i = 0; i < kMinima; ++i) minima[i] = UINT32_MAX;
  for (const uint32_t x : shingles) {
    for (std::size_t i = 0; i < kMinima; ++i) {
      const uint32_t h = c.a[i] * x + c.b[i];
      minima[i] = h < minima[i] ? h : minima[i];
    }
  }
}

uint32_t root(std::vector<uint32_t>& parent, uint32_t x) {
  while (parent[x] != x) x = parent[x] = parent[parent[x]];
  return x;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) bench::fail("usage: plain OUT.jsonl FILE...   (files: .jsonl or .jsonl.zst)");
  double total = 0, read = 0, signatures = 0, bands_seconds = 0, write = 0, flush = 0;
  std::size_t text_bytes = 0, exact = 0, near = 0;
  std::vector<std::string> contents;
  std::vector<Document> documents;
  {
    const bench::Timed all(total);
    {
      const bench::Timed timed(read);
      for (int f = 2; f < argc; ++f) {
        contents.push_back(bench::read_file(argv[f], simdjson::SIMDJSON_PADDING));
      }
    }

    std::array<std::vector<BandEntry>, kBands> bands;
    {
      const bench::Timed timed(signatures);
      const auto table = character_table();
      const Coefficients c = coefficients();
      simdjson::ondemand::parser parser;
      std::unordered_set<uint64_t> seen;
      std::string words;
      std::vector<uint32_t> starts;
      std::vector<uint32_t> shingles;
      alignas(32) std::array<uint32_t, kMinima> minima;
      for (const std::string& content : contents) {
        const char* const stop = content.data() + content.size();
        for (const char* line = content.data(); line < stop;) {
          const auto* end = static_cast<const char*>(
              std::memchr(line, '\n', static_cast<std::size_t>(stop - line)));
          if (end == nullptr) end = stop;
          const auto length = static_cast<std::size_t>(end - line);
          const auto room =
              static_cast<std::size_t>(stop - line) + (content.capacity() - content.size());
          simdjson::ondemand::document parsed;
          std::string_view text;
          if (parser.iterate(line, length, room).get(parsed) != simdjson::SUCCESS ||
              parsed["text"].get_string().get(text) != simdjson::SUCCESS) {
            bench::fail("a line without text in file " + std::to_string(&content - &contents[0]));
          }
          text_bytes += text.size();
          const auto number = static_cast<uint32_t>(documents.size());
          documents.push_back({{line, length}});
          line = end + 1;
          if (!seen.insert(XXH3_64bits(text.data(), text.size())).second) {
            documents.back().kept = false;
            ++exact;
            continue;
          }
          split(text, table, words, starts);
          shingle(words, starts, shingles);
          if (shingles.empty()) continue;
          sign(shingles, c, minima.data());
          for (std::size_t b = 0; b < kBands; ++b) {
            bands[b].push_back({XXH3_64bits(&minima[b * kRows], kRows * sizeof minima[0]), number});
          }
        }
      }
    }

    {
      const bench::Timed timed(bands_seconds);
      std::vector<uint32_t> parent(documents.size());
      std::iota(parent.begin(), parent.end(), 0);
      for (auto& band : bands) {
        std::sort(band.begin(), band.end());
        for (std::size_t i = 1; i < band.size(); ++i) {
          if (band[i].key != band[i - 1].key) continue;
          const uint32_t x = root(parent, band[i].document);
          const uint32_t y = root(parent, band[i - 1].document);
          parent[std::max(x, y)] = std::min(x, y);  // the first document stays the root
        }
      }
      for (uint32_t d = 0; d < documents.size(); ++d) {
        if (!documents[d].kept || root(parent, d) == d) continue;
        documents[d].kept = false;
        ++near;
      }
    }

    bench::OutputFile out(argv[1]);
    {
      const bench::Timed timed(write);
      for (const Document& document : documents) {
        if (!document.kept) continue;
        out.write(document.line);
        out.write("\n");
      }
    }
    const bench::Timed timed(flush);
    out.finish();
  }
  std::printf(
      "{\"program\": \"plain\", \"documents\": %zu, \"kept\": %zu, \"exact_duplicates\": %zu, "
      "\"near_duplicates\": %zu, \"text_bytes\": %zu, \"seconds\": %.3f, "
      "\"parts\": {\"read\": %.3f, \"parse_and_sign\": %.3f, \"bands\": %.3f, \"write\": %.3f, "
      "\"flush\": %.3f}, \"cpu_seconds\": %.3f, \"mb_per_second\": %.1f, \"peak_memory\": %zu}\n",
      documents.size(), documents.size() - exact - near, exact, near, text_bytes, total, read,
      signatures, bands_seconds, write, flush, bench::cpu_seconds(),
      static_cast<double>(text_bytes) / 1e6 / total, bench::peak_memory());
  return 0;
}
