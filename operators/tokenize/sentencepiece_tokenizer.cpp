#include "operators/tokenize/sentencepiece_tokenizer.hpp"

#ifdef SHARDMILL_SENTENCEPIECE
#include <sentencepiece_processor.h>
#endif

namespace shardmill {

#ifdef SHARDMILL_SENTENCEPIECE

struct SentencePieceTokenizer::Model {
  sentencepiece::SentencePieceProcessor processor;
  std::vector<int> ids;  // kept between texts for its memory
};

namespace {

void check(const sentencepiece::util::Status& status, const std::string& what) {
  if (!status.ok()) throw DataError(what + ": " + status.ToString());
}

}  // namespace

bool SentencePieceTokenizer::available() { return true; }

SentencePieceTokenizer::SentencePieceTokenizer(const std::string& path, std::string_view content)
    : model_(std::make_unique<Model>()) {
  check(model_->processor.LoadFromSerializedProto({content.data(), content.size()}),
        path + ": no SentencePiece model");
}

void SentencePieceTokenizer::encode(std::string_view text, std::vector<u32>& ids) {
  check(model_->processor.Encode({text.data(), text.size()}, &model_->ids), "SentencePiece");
  for (const int id : model_->ids) ids.push_back(static_cast<u32>(id));
}

void SentencePieceTokenizer::decode(std::span<const u32> ids, std::string& bytes) const {
  std::vector<int> run;  // between control pieces, which the library leaves out
  const auto decode_run = [&] {
    std::string text;
    check(model_->processor.Decode(run, &text), "SentencePiece");
    bytes += text;
    run.clear();
  };
  for (const u32 id : ids) {
    if (id >= vocabulary_size()) throw DataError("no token has id " + std::to_string(id));
    if (!model_->processor.IsControl(static_cast<int>(id))) {
      run.push_back(static_cast<int>(id));
      continue;
    }
    decode_run();
    bytes += model_->processor.IdToPiece(static_cast<int>(id));
  }
  decode_run();
}

void SentencePieceTokenizer::decode_one(u32 id, std::string& bytes) const {
  if (id >= vocabulary_size()) throw DataError("no token has id " + std::to_string(id));
  const std::string& piece = model_->processor.IdToPiece(static_cast<int>(id));
  if (model_->processor.IsByte(static_cast<int>(id))) {  // "<0xE2>"
    bytes += static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16));
    return;
  }
  constexpr std::string_view kSpace = "\u2581";
  for (std::size_t at = 0; at < piece.size();) {
    const bool space = std::string_view(piece).substr(at).starts_with(kSpace);
    bytes += space ? ' ' : piece[at];
    at += space ? kSpace.size() : 1;
  }
}

u64 SentencePieceTokenizer::vocabulary_size() const {
  return static_cast<u64>(model_->processor.GetPieceSize());
}

std::optional<u32> SentencePieceTokenizer::special(std::string_view text) const {
  const int id = model_->processor.PieceToId({text.data(), text.size()});
  if (!model_->processor.IsControl(id)) return std::nullopt;  // unknown ones are piece <unk>
  return static_cast<u32>(id);
}

std::optional<u32> SentencePieceTokenizer::end_of_text() const {
  const int id = model_->processor.eos_id();
  if (id < 0) return std::nullopt;
  return static_cast<u32>(id);
}

#else

struct SentencePieceTokenizer::Model {};

bool SentencePieceTokenizer::available() { return false; }

SentencePieceTokenizer::SentencePieceTokenizer(const std::string& path, std::string_view) {
  throw ConfigError(path +
                    ": SentencePiece models need its library, and this program was built without; "
                    "install libsentencepiece-dev and build again");
}
void SentencePieceTokenizer::encode(std::string_view, std::vector<u32>&) {}
void SentencePieceTokenizer::decode(std::span<const u32>, std::string&) const {}
void SentencePieceTokenizer::decode_one(u32, std::string&) const {}
u64 SentencePieceTokenizer::vocabulary_size() const { return 0; }
std::optional<u32> SentencePieceTokenizer::special(std::string_view) const { return {}; }
std::optional<u32> SentencePieceTokenizer::end_of_text() const { return {}; }

#endif

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

}  // namespace shardmill
