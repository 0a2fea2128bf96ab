#include "engine/store/logical_digest.hpp"

#include <gtest/gtest.h>

#include "cluster/error.hpp"
#include "engine/store/file.hpp"
#include "engine/store/sha256.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

using Row = std::vector<std::optional<std::string_view>>;

TEST(Sha256, AgreesWithThePublishedValues) {  // FIPS 180-4, examples of NIST
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().add("a").add("").add("bc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 million;
  for (int i = 0; i < 1000; ++i) million.add(std::string(1000, 'a'));
  EXPECT_EQ(million.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFile) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "f", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of_file(folder / "f"),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_THROW((void)sha256_of_file(folder / "none"), DataError);
}

// The definition once more, in the plainest way.
std::string field(std::string_view bytes) {
  std::string framed;
  for (int byte = 0; byte < 8; ++byte) {
    framed += static_cast<char>(static_cast<u64>(bytes.size()) >> (8 * byte));
  }
  return framed.append(bytes);
}

std::string plain_digest(const Schema& schema, const std::vector<Row>& rows) {
  std::string all;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < schema.size(); ++i) {
      all += field(schema[i].name) + field(column_type_name(schema[i].type)) +
             field(row[i] ? std::string_view("\1") : std::string_view("\0", 1)) +
             field(row[i].value_or(""));
    }
  }
  return Sha256().add(all).hex();
}

TEST(LogicalDigest, IsItsDefinition) {
  const Schema schema{{"a", Type::int64}, {"id", Type::utf8}, {"j", Type::json}};
  const std::string large(200'000, 'x');
  std::vector<Row> rows;
  for (int i = 0; i < 500; ++i) {
    rows.push_back({std::nullopt, i % 3 == 0 ? "" : "identity", "[1]"});
    rows.push_back({std::string_view("\1\2\3\4\5\6\7\10", 8), "b", std::nullopt});
  }
  rows.push_back({std::nullopt, large, large});
  rows.push_back({std::nullopt, "after", "it"});
  LogicalDigest digest(schema);
  for (const Row& row : rows) digest.add(row);
  EXPECT_EQ(digest.hex(), plain_digest(schema, rows));
}

TEST(LogicalDigest, AbsentIsNotEmptyAndNeighboursDoNotRunTogether) {
  const Schema schema{{"a", Type::utf8}, {"b", Type::utf8}};
  const auto of = [&](const Row& row) {
    LogicalDigest digest(schema);
    digest.add(row);
    return digest.hex();
  };
  EXPECT_NE(of({"", ""}), of({std::nullopt, ""}));
  EXPECT_NE(of({"ab", "c"}), of({"a", "bc"}));
}

TEST(LogicalDigest, RefusesWhatHasNoOrder) {
  EXPECT_THROW(LogicalDigest({{"b", Type::utf8}, {"a", Type::utf8}}), InternalError);
  EXPECT_THROW(LogicalDigest({{"a", Type::utf8}, {"a", Type::json}}), InternalError);
  LogicalDigest digest({{"a", Type::utf8}});
  EXPECT_THROW(digest.add(Row{"1", "2"}), InternalError);
}

TEST(LogicalDigest, TypeNamesAreThoseOfTheFormat) {
  EXPECT_EQ(column_type_name(Type::boolean), "bool");
  for (const Type type : kTypes) {
    EXPECT_EQ(type_from_name(column_type_name(type)), type);
  }
  EXPECT_EQ(type_from_name("int32"), std::nullopt);
}

TEST(DatasetDigest, IsOverSortedLines) {
  const std::string expected = Sha256()
                                   .add(std::string_view("a\0"
                                                         "11\nb\0"
                                                         "22\n",
                                                         10))
                                   .hex();
  EXPECT_EQ(dataset_digest({{"b", "22"}, {"a", "11"}}), expected);
  EXPECT_EQ(dataset_digest({{"a", "11"}, {"b", "22"}}), expected);
}

}  // namespace
}  // namespace shardmill
