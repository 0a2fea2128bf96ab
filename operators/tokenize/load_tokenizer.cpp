#include "operators/tokenize/byte_tokenizer.hpp"

namespace shardmill {

std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerSettings& settings) {
  if (settings.encoding == "bytes") return std::make_unique<ByteTokenizer>();
  throw ConfigError("encoding: nothing but bytes yet, not \"" + settings.encoding + "\"");
}

}  // namespace shardmill
