// From text to signatures, step by step and whole. Bytes per second are bytes of document text; the
// kernels get 7 bytes of text for each shingle, as English web text has.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/hash/hash.hpp"
#include "operators/dedup/shingle_bitmap.hpp"
#include "operators/dedup/signature/shingler.hpp"
#include "operators/dedup/signature/signer.hpp"
#include "operators/text/normalize.hpp"

namespace shardmill {
namespace {

constexpr u32 kHashes = 112;
constexpr u64 kSeed = 1;
constexpr std::size_t kDocumentBytes = 8 << 10;
constexpr std::size_t kCorpusBytes = 24 << 20;

using Documents = std::vector<std::string>;

u64 total_bytes(const Documents& documents) {
  u64 sum = 0;
  for (const std::string& document : documents) sum += document.size();
  return sum;
}

bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

// Text of this machine, licences and C headers, cut into documents of some 8 kB. A quote or a dash
// as web text has them is put in after every 400 bytes or so.
const Documents& english() {
  static const Documents documents = [] {
    Documents made;
    std::size_t bytes = 0;
    for (const char* root : {"/usr/share/doc", "/usr/include"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(
               root, std::filesystem::directory_options::skip_permission_denied)) {
        const auto name = entry.path().filename().string();
        const bool wanted = name == "copyright" || name.ends_with(".h");
        if (!wanted || !entry.is_regular_file() || bytes > kCorpusBytes) continue;
        std::ostringstream content;
        content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
        const std::string text = content.str();
        if (!is_utf8(text)) continue;
        for (std::size_t at = 0; at < text.size();) {
          std::size_t end = text.find('\n', at + kDocumentBytes);
          end = end == std::string::npos ? text.size() : end + 1;
          std::string document;
          for (std::size_t i = at; i < end; ++i) {
            document += text[i];
            if (text[i] == ' ' && mix64(i) % 64 == 0) document += mix64(i) % 3 == 0 ? "— " : "“";
          }
          bytes += document.size();
          made.push_back(std::move(document));
          at = end;
        }
      }
    }
    return made;
  }();
  return documents;
}

// Words of random letters of one script, three bytes or two each.
Documents generated(char32_t first, u64 letters, bool spaces) {
  Documents documents;
  for (u64 document = 0; document < 200; ++document) {
    std::string text;
    for (u64 n = 0; text.size() < kDocumentBytes; ++n) {
      const u64 random = mix64(document * 1000003 + n);
      if (spaces && random % 7 == 0) {
        text += ' ';
        continue;
      }
      const u64 c = first + (random >> 8) % letters;
      if (c < 0x800) {
        text += {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3f))};
      } else {
        text += {static_cast<char>(0xe0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3f)),
                 static_cast<char>(0x80 | (c & 0x3f))};
      }
    }
    documents.push_back(std::move(text));
  }
  return documents;
}

template <typename Work>
void over(benchmark::State& state, const Documents& documents, Work work) {
  for (auto _ : state) {
    for (const std::string& document : documents) work(document);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<i64>(total_bytes(documents)));
}

void minima(benchmark::State& state, const Kernel& kernel) {
  std::vector<u64> shingles(750);
  for (u64 i = 0; i < shingles.size(); ++i) shingles[i] = mix64(i + 1);
  Signer signer(kHashes, kSeed, &kernel);
  std::vector<u32> signature(kHashes);
  for (auto _ : state) {
    signer.add(shingles);
    signer.finish(signature);
    benchmark::DoNotOptimize(signature.data());
  }
  const auto count = state.iterations() * static_cast<i64>(shingles.size());
  state.SetBytesProcessed(count * 7);
  state.counters["per_shingle"] = benchmark::Counter(
      static_cast<double>(count), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void fold(benchmark::State& state, const Documents& documents) {
  HashText text;
  over(state, documents,
       [&](const std::string& document) { benchmark::DoNotOptimize(text.fold(document).data()); });
}

void words(benchmark::State& state, const Documents& documents) {
  WordScanner scanner;
  over(state, documents,
       [&](const std::string& document) { benchmark::DoNotOptimize(scanner.scan(document)); });
}

void word_hashes(benchmark::State& state, const Documents& documents) {
  WordScanner scanner;
  std::vector<u64> hashes;
  over(state, documents, [&](const std::string& document) {
    hashes.resize(scanner.scan(document));
    scanner.hash(hashes);
    benchmark::DoNotOptimize(hashes.data());
  });
}

void shingles(benchmark::State& state, const Documents& documents, ShingleSettings settings) {
  Shingler shingler(settings);
  over(state, documents, [&](const std::string& document) {
    shingler.shingles(document,
                      [](std::span<const u64> list) { benchmark::DoNotOptimize(list.data()); });
  });
}

void signatures(benchmark::State& state, const Documents& documents, ShingleSettings settings) {
  Shingler shingler(settings);
  Signer signer(kHashes, kSeed);
  std::vector<u32> signature(kHashes);
  u64 count = 0;
  over(state, documents, [&](const std::string& document) {
    shingler.shingles(document, [&](std::span<const u64> list) {
      signer.add(list);
      count += list.size();
    });
    signer.finish(signature);
    benchmark::DoNotOptimize(signature.data());
  });
  state.counters["text_per_shingle"] = static_cast<double>(state.iterations()) *
                                       static_cast<double>(total_bytes(documents)) /
                                       static_cast<double>(count);
}

void normalized(benchmark::State& state, const Documents& documents, NormalizeSettings settings) {
  std::string out;
  over(state, documents, [&](const std::string& document) {
    benchmark::DoNotOptimize(normalize(document, settings, out));
  });
}

void overlaps(benchmark::State& state, std::size_t first, std::size_t second) {
  std::vector<u64> a;
  std::vector<u64> b;
  for (u64 i = 0; i < first; ++i) a.push_back(mix64(i));
  for (u64 i = first / 2; i < first / 2 + second; ++i) b.push_back(mix64(i));
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  ShingleNumbers numbers(u64{1} << 30);
  const auto code_of = [&numbers](const std::vector<u64>& set) {
    std::vector<u64> code;
    numbers.add({reinterpret_cast<const char*>(set.data()), set.size() * sizeof(u64)});
    numbers.encode(code);
    return code;
  };
  const std::vector<u64> code_a = code_of(a);
  const std::vector<u64> code_b = code_of(b);
  const ShingleBitmap bitmap(code_a);
  for (auto _ : state) benchmark::DoNotOptimize(bitmap.common(ShingleBitmap(code_b)));
  state.SetItemsProcessed(state.iterations() * static_cast<i64>(first + second));
}

void register_all() {
  using benchmark::RegisterBenchmark;
  for (const Kernel& kernel : kernels()) {
    if (!kernel.supported) continue;
    RegisterBenchmark((std::string("minima/") + kernel.name).c_str(),
                      [&kernel](auto& state) { minima(state, kernel); });
  }
  static const Documents greek_words = generated(0x3b1, 24, true);
  static const Documents han = generated(0x4e00, 5000, false);
  const std::pair<const char*, const Documents*> corpora[] = {
      {"english", &english()}, {"greek", &greek_words}, {"han", &han}};
  for (const auto& [label, documents] : corpora) {
    const std::string name = label;
    const Documents& text = *documents;
    RegisterBenchmark(("fold/" + name).c_str(), [&text](auto& s) { fold(s, text); });
    RegisterBenchmark(("words/" + name).c_str(), [&text](auto& s) { words(s, text); });
    RegisterBenchmark(("word_hashes/" + name).c_str(), [&text](auto& s) { word_hashes(s, text); });
    for (const auto& [unit, settings] :
         {std::pair{"5_words/", ShingleSettings{ShingleUnit::words, 5}},
          std::pair{"24_characters/", ShingleSettings{ShingleUnit::characters, 24}}}) {
      RegisterBenchmark(("shingles/" + (unit + name)).c_str(),
                        [&text, settings = settings](auto& s) { shingles(s, text, settings); });
      RegisterBenchmark(("signatures/" + (unit + name)).c_str(),
                        [&text, settings = settings](auto& s) { signatures(s, text, settings); });
    }
    RegisterBenchmark(("normalize/nfc/" + name).c_str(),
                      [&text](auto& s) { normalized(s, text, {}); });
    RegisterBenchmark(("normalize/all/" + name).c_str(), [&text](auto& s) {
      normalized(s, text, {true, true, true, true});
    });
  }
  RegisterBenchmark("overlap/equal sizes", [](auto& s) { overlaps(s, 1000, 1000); });
  RegisterBenchmark("overlap/unequal sizes", [](auto& s) { overlaps(s, 1000, 100000); });
}

}  // namespace
}  // namespace shardmill

int main(int argc, char** argv) {
  shardmill::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
