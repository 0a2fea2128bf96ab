#include "operators/tokenize/tokenize_step.hpp"

#include <filesystem>

#include "engine/batch/wire.hpp"
#include "engine/store/little_endian.hpp"
#include "operators/tokenize/vocabulary_memory.hpp"

namespace shardmill {

TokenizerSettings tokenize_settings(const Settings& settings) {
  const auto text = [&](const char* name) {
    return settings.has(name) ? settings.text(name) : std::string();
  };
  return {text("encoding"),
          text("vocabulary"),
          text("merges"),
          text("tokenizer"),
          settings.boolean("allow_special"),
          text("eos")};
}

std::string token_format_name(const TokenizerSettings& settings) {
  return settings.encoding.empty() ? std::filesystem::path(settings.tokenizer).filename().string()
                                   : settings.encoding;
}

std::optional<u32> end_token(const Tokenizer& tokenizer, const TokenizerSettings& settings) {
  return settings.eos.empty() ? tokenizer.end_of_text() : tokenizer.special(settings.eos);
}

// The files themselves are in the digest of tables().
std::string TokenizeStep::sketch_settings() const {
  std::string bytes;
  WireWriter out(bytes);
  out.text(settings_.encoding);
  out.number(settings_.allow_special ? 1 : 0);
  out.text(settings_.eos);  // no text has it
  // Files of this kind may ask for NFC, which is that of another Unicode than it once was.
  if (settings_.tokenizer.ends_with(".json")) out.text("NFC of Unicode 9");
  return bytes;
}

std::vector<std::string> TokenizeStep::tables() const {
  std::vector<std::string> files;
  const TokenizerSettings& from = settings_;
  for (const std::string* file : {&from.vocabulary, &from.merges, &from.tokenizer}) {
    if (!file->empty()) files.push_back(*file);
  }
  return files;
}

u64 TokenizeStep::memory_held() {
  if (!memory_) memory_ = tokenizer_memory(settings_);
  return *memory_;
}

void TokenizeStep::load() {
  if (tokenizer_) return;
  auto tokenizer = load_tokenizer(settings_);
  const auto end = end_token(*tokenizer, settings_);
  if (!end) {
    throw ConfigError(
        "tokenize: the tokenizer names no token that ends a text; name one with `eos`");
  }
  if (tokenizer->vocabulary_size() >= u64{1} << 31) {
    throw DataError("tokenize: a vocabulary of " + std::to_string(tokenizer->vocabulary_size()) +
                    " ids; trainers read ids as int32");
  }
  format_ = {token_format_name(settings_), tokenizer->vocabulary_size(), *end};
  tokenizer_ = std::move(tokenizer);
}

const TokenFormat* TokenizeStep::tokens() {
  load();
  return &format_;
}

void TokenizeStep::sketch(const Batch& batch, std::string& out) {
  load();
  for (std::size_t row = 0; row < batch.size(); ++row) {
    ids_.clear();
    if (row >= left_out_.size() || !left_out_[row]) tokenizer_->encode(batch.text[row], ids_);
    append_u64(out, ids_.size() * format_.width());
    append_tokens(ids_, format_.width(), out);
  }
  left_out_.clear();
}

void append_tokens(std::span<const u32> ids, std::size_t width, std::string& out) {
  std::size_t at = out.size();
  out.resize(at + ids.size() * width);
  for (const u32 id : ids) {
    std::memcpy(out.data() + at, &id, width);  // little-endian: the low bytes come first
    at += width;
  }
}

}  // namespace shardmill
