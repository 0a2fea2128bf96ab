// Encodes texts in memory, on one thread, for tokenizers.py: how many tokens, and seconds a round.
//
//     encode_texts ENCODING VOCABULARY MERGES TOKENIZER TEXTS ROUNDS
//
// As the settings of a tokenizer; "" for what is not given. TEXTS is a file of texts with a zero
// byte behind each.
#include <chrono>
#include <cstdio>

#include "engine/store/file.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace {

using Clock = std::chrono::steady_clock;

std::size_t encode_all(shardmill::Tokenizer& tokenizer, std::string_view texts) {
  std::vector<shardmill::u32> ids;
  std::size_t tokens = 0;
  while (!texts.empty()) {
    const std::size_t end = texts.find('\0');
    ids.clear();
    tokenizer.encode(texts.substr(0, end), ids);
    tokens += ids.size();
    texts.remove_prefix(end + 1);
  }
  return tokens;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 7) throw shardmill::ConfigError("expected six arguments");
    const auto tokenizer =
        shardmill::load_tokenizer({argv[1], argv[2], argv[3], argv[4], false, ""});
    const std::string texts = shardmill::read_whole_file(argv[5]);
    for (int round = 0; round < std::stoi(argv[6]); ++round) {
      const auto start = Clock::now();
      const std::size_t tokens = encode_all(*tokenizer, texts);
      const std::chrono::duration<double> seconds = Clock::now() - start;
      std::printf("%zu %.6f\n", tokens, seconds.count());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "encode_texts: %s\n", error.what());
    return 1;
  }
}
