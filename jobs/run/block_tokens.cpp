#include "jobs/run/block_tokens.hpp"

#include "engine/batch/wire.hpp"
#include "jobs/run/text_cuts.hpp"

namespace shardmill {

void BlockTokens::begin(const Documents::Block& block) {
  block_ = &block;
  sizes_.clear();
  ids_.clear();
  texts_.clear();
}

u64 BlockTokens::count(std::size_t row, const Fate& fate) {
  if (!TextCuts(fate).empty()) return made_again(row, fate).size() / format_.width();
  return size(row).tokens;
}

u64 BlockTokens::text_bytes(std::size_t row, const Fate& fate) {
  return size(row).bytes - TextCuts(fate).bytes_gone();
}

const TextSize& BlockTokens::size(std::size_t row) {
  if (sizes_.empty()) block_->sketches.of(step_).sizes(block_->number, sizes_);
  return sizes_[row];
}

std::string_view BlockTokens::ids(std::size_t row, const Fate& fate) {
  if (!TextCuts(fate).empty()) return made_again(row, fate);
  if (ids_.empty()) {
    block_->sketches.of(step_).sketches(block_->number, sketches_);
    WireReader in(sketches_, "tokens of a block");
    while (!in.done()) ids_.push_back(in.text());
  }
  return ids_[row];
}

std::string_view BlockTokens::made_again(std::size_t row, const Fate& fate) {
  if (texts_.size() == 0) block_->fragment.texts(block_->number, texts_);
  document_.clear();
  document_.key.push_back(block_->entries[row].key);
  document_.source.push_back(block_->entries[row].source);
  document_.id.push("");
  document_.text.push(TextCuts(fate).left(texts_[row]));
  document_.end_document();
  made_.clear();
  op_.sketch(document_, made_);
  return WireReader(made_, "tokens of a text").text();
}

}  // namespace shardmill
