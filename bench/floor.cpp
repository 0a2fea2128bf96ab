// The floor of the main job: read (and decompress) the same files, parse them, and write id and
// text of every document, back to back with their offsets, to disk. Nothing else; one core. Usage:
// floor OUT FILE…   prints JSON.
#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "bench/files.hpp"

int main(int argc, char** argv) {
  if (argc < 3) bench::fail("usage: floor OUT FILE...   (files: .jsonl or .jsonl.zst)");
  double total = 0;
  double read = 0;
  double parse_and_write = 0;
  double flush = 0;
  std::size_t text_bytes = 0;
  std::vector<std::uint64_t> offsets{0};
  {
    const bench::Timed all(total);
    bench::OutputFile out(argv[1]);
    simdjson::ondemand::parser parser;
    for (int f = 2; f < argc; ++f) {
      std::string content;
      {
        const bench::Timed timed(read);
        content = bench::read_file(argv[f], simdjson::SIMDJSON_PADDING);
      }
      const bench::Timed timed(parse_and_write);
      const char* const stop = content.data() + content.size();
      for (const char* line = content.data(); line < stop;) {
        const auto* end = static_cast<const char*>(
            std::memchr(line, '\n', static_cast<std::size_t>(stop - line)));
        if (end == nullptr) end = stop;
        const auto length = static_cast<std::size_t>(end - line);
        const auto room =
            static_cast<std::size_t>(stop - line) + (content.capacity() - content.size());
        simdjson::ondemand::document document;
        std::string_view id;
        std::string_view text;
        if (parser.iterate(line, length, room).get(document) != simdjson::SUCCESS ||
            document["id"].get_string().get(id) != simdjson::SUCCESS ||
            document["text"].get_string().get(text) != simdjson::SUCCESS) {
          bench::fail(std::string(argv[f]) + ": a line without id and text");
        }
        out.write(id);
        offsets.push_back(out.bytes());
        out.write(text);
        offsets.push_back(out.bytes());
        text_bytes += text.size();
        line = end + 1;
      }
    }
    const bench::Timed timed(flush);
    out.write({reinterpret_cast<const char*>(offsets.data()), offsets.size() * sizeof offsets[0]});
    out.finish();
  }
  std::printf(
      "{\"program\": \"floor\", \"documents\": %zu, \"text_bytes\": %zu, \"seconds\": %.3f, "
      "\"parts\": {\"read\": %.3f, \"parse_and_write\": %.3f, \"flush\": %.3f}, "
      "\"cpu_seconds\": %.3f, \"mb_per_second\": %.1f, \"peak_memory\": %zu}\n",
      offsets.size() / 2, text_bytes, total, read, parse_and_write, flush, bench::cpu_seconds(),
      static_cast<double>(text_bytes) / 1e6 / total, bench::peak_memory());
  return 0;
}
