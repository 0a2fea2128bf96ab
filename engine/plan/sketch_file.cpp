#include "engine/plan/sketch_file.hpp"

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

std::string section(const char* name, u64 block) {
  return std::string(name) + "/" + std::to_string(block);
}

}  // namespace

void SketchWriter::add_block(std::string_view sketches, const std::vector<TextSize>& sizes) {
  const u64 block = blocks_++;
  segment_.add(section("sketches", block), sketches);
  if (sizes.empty()) return;
  std::string bytes;
  WireWriter(bytes).array(sizes);
  segment_.add(section("sizes", block), bytes);
}

void SketchWriter::commit(u64 fragment) {
  std::string bytes;
  WireWriter(bytes).number(fragment);
  segment_.add("fragment", bytes);
  segment_.commit();
}

SketchReader::SketchReader(const std::filesystem::path& path) : segment_(path) {
  const std::string bytes = segment_.read("fragment");
  fragment_ = WireReader(bytes, "whose sketches they are").number();
}

void SketchReader::sketches(u64 block, std::string& out) const {
  segment_.read_into(section("sketches", block), out);
}

void SketchReader::sizes(u64 block, std::vector<TextSize>& out) const {
  const std::string bytes = segment_.read(section("sizes", block));
  WireReader(bytes, "sizes of texts of a fragment").array(out);
}

}  // namespace shardmill
