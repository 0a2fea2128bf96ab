#include "jobs/run/step_file.hpp"

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/store/file.hpp"
#include "engine/store/record_chunks.hpp"

namespace shardmill {
namespace {

void write_rows(SegmentWriter& segment, const char* name, const Rows& rows) {
  std::string chunk;
  WireWriter out(chunk);
  u64 number = 0;
  const auto flush = [&] {
    if (chunk.empty()) return;
    segment.add(name + std::to_string(number++), chunk);
    chunk.clear();
  };
  rows.for_each([&](std::string_view key, std::string_view payload) {
    out.text(key);
    out.text(payload);
    if (chunk.size() >= kRecordChunkBytes) flush();
  });
  flush();
}

void read_rows(const SegmentReader& segment, const char* name, Rows& rows) {
  for (u64 number = 0; segment.has(name + std::to_string(number)); ++number) {
    const std::string chunk = segment.read(name + std::to_string(number));
    for (WireReader in(chunk, "rows of a step"); !in.done();) {
      const std::string_view key = in.text();
      rows.push(key, in.text());
    }
  }
}

std::string tables_text(const Findings& findings) {
  std::string text;
  WireWriter out(text);
  for (const MadeTable& table : findings.made) {
    out.text(table.name);
    out.number(table.columns.size());
    for (const ColumnSpec& column : table.columns) {
      out.text(column.name);
      out.number(static_cast<u64>(column.type));
    }
  }
  return text;
}

// The same tables, without rows.
void make_tables(const std::string& text, Findings& findings) {
  for (WireReader in(text, "tables of a step"); !in.done();) {
    const std::string name(in.text());
    Schema columns(in.number());
    for (ColumnSpec& column : columns) {
      column.name = in.text();
      column.type = static_cast<Type>(in.number());
    }
    findings.make_table(name, std::move(columns));
  }
}

}  // namespace

bool StepFile::committed() const {
  try {
    if (!std::filesystem::exists(folder_ / "done")) return false;
    const u64 parts = std::stoull(read_whole_file(folder_ / "done"));
    for (u32 number = 0; number < parts; ++number) (void)SegmentReader(part(number));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void StepFile::load(Cluster& cluster, Findings& findings) const {
  agree_all(cluster.control, [&] {
    const u32 parts = narrow<u32>(std::stoull(read_whole_file(folder_ / "done")));
    const SegmentReader first(part(0));
    const std::string kinds = first.read("kinds");
    WireReader(kinds, "kinds of added columns").array(findings.kinds);
    make_tables(first.read("tables"), findings);
    const std::string warnings = first.has("warnings") ? first.read("warnings") : "";
    for (WireReader in(warnings, "warnings of a step"); !in.done();) {
      findings.warnings.emplace_back(in.text());
    }
    for (u32 number = cluster.rank().value; number < parts; number += cluster.size()) {
      const SegmentReader segment(part(number));
      read_records(segment, "drops/", findings.drops);
      read_records(segment, "edges/", findings.edges);
      read_rows(segment, "matches/", findings.matches);
      read_rows(segment, "added/", findings.added);
      for (MadeTable& table : findings.made) {
        read_rows(segment, ("table." + table.name + "/").c_str(), table.rows);
      }
    }
  });
}

void StepFile::commit(Cluster& cluster, const Findings& findings) const {
  // Of a damaged step: while parts are replaced, old and new ones must not count as one.
  agree(cluster.control, [&] {
    std::filesystem::remove(folder_ / "done");
    return std::string();
  });
  agree_all(cluster.control, [&] {
    std::filesystem::create_directories(folder_);
    SegmentWriter segment(part(cluster.rank().value));
    write_records(segment, "drops/", findings.drops);
    write_records(segment, "edges/", findings.edges);
    write_rows(segment, "matches/", findings.matches);
    write_rows(segment, "added/", findings.added);
    std::string kinds;
    WireWriter(kinds).array(findings.kinds);
    segment.add("kinds", kinds);
    for (const MadeTable& table : findings.made) {
      write_rows(segment, ("table." + table.name + "/").c_str(), table.rows);
    }
    segment.add("tables", tables_text(findings));
    std::string warnings;
    for (const std::string& sentence : findings.warnings) WireWriter(warnings).text(sentence);
    if (!warnings.empty()) segment.add("warnings", warnings);
    segment.commit();
  });
  agree(cluster.control, [&] {
    write_file_atomically(folder_ / "done", std::to_string(cluster.size()));
    return std::string();
  });
}

}  // namespace shardmill
