#include "operators/tokenize/encodings.hpp"

namespace shardmill {

const std::vector<Encoding>& encodings() {
  static const std::vector<Encoding> all = {
      {"gpt2", WordPattern::gpt2, 50256, 50257, {{"<|endoftext|>", 50256}}},
      {"r50k_base", WordPattern::gpt2, 50256, 50257, {{"<|endoftext|>", 50256}}},
      {"cl100k_base",
       WordPattern::cl100k,
       100256,
       100277,
       {{"<|endoftext|>", 100257},
        {"<|fim_prefix|>", 100258},
        {"<|fim_middle|>", 100259},
        {"<|fim_suffix|>", 100260},
        {"<|endofprompt|>", 100276}}},
      {"o200k_base",
       WordPattern::o200k,
       199998,
       200019,
       {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}}};
  return all;
}

}  // namespace shardmill
