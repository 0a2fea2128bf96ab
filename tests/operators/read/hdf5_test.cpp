// Blocks, limits and faults of HDF5 sources. tests/jobs/run/test_hdf5.py compares values with h5py.
#include <hdf5.h>

#include "operators/hdf5/table.hpp"
#include "tests/operators/read/read_fixture.hpp"
#include "tests/operators/write/random_shard.hpp"

namespace shardmill {
namespace {

class Hdf5Read : public ReadTest {
 protected:
  Hdf5Read() { source.format = Format::hdf5; }

  // A file with the dataset `text` of variable length, and `n` that counts from 0.
  std::string texts(const std::vector<std::string>& values) {
    const std::string path = (folder_ / "a.h5").string();
    Hdf5Object file = Hdf5Object::create_file(path);
    std::vector<const char*> pointers;
    std::vector<i64> numbers;
    for (const std::string& value : values) {
      numbers.push_back(static_cast<i64>(pointers.size()));
      pointers.push_back(value.c_str());
    }
    const Hdf5Object n = file.create_dataset("n", Hdf5Element::i64_, numbers.size());
    n.write(Hdf5Element::i64_, 0, numbers.size(), numbers.data());
    const hsize_t size = values.size();
    const hid_t type = H5Tcopy(H5T_C_S1);
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t set =
        H5Dcreate2(file.id(), "text", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Tclose(type);
    return path;
  }
};

TEST_F(Hdf5Read, RowsOfAllSizesComeInOrderAndNumbered) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < 6000; ++i) {
    values.emplace_back(i % 1000 == 7 ? 3'000'000 : i % 3000, static_cast<char>('a' + i % 26));
  }
  CollectingSink sink;
  const ReadCounts read = read_path(texts(values), sink);
  EXPECT_EQ(read.quarantined, 0U);
  ASSERT_EQ(sink.documents.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(sink.documents[i].offset, i);
    ASSERT_EQ(sink.documents[i].text, values[i]);
    ASSERT_EQ(sink.documents[i].fields["n"], std::to_string(i));
  }
}

TEST_F(Hdf5Read, OnlyTheRowsThatAreTooLongAreQuarantined) {
  source.max_record = u64{5} << 20;
  const std::string longest(source.max_record - 17, 'x');  // {"n":1,"text":""}
  CollectingSink sink;
  read_path(texts({"a", longest, longest + "x", std::string(30'000'000, 'y'), "b"}), sink);
  ASSERT_EQ(sink.documents.size(), 3U);
  EXPECT_EQ(sink.documents[1].text, longest);
  EXPECT_EQ(sink.rejections, (std::vector<SeenRejection>{{2, "too_long"}, {3, "too_long"}}));
}

TEST_F(Hdf5Read, ABlockHoldsNoMoreThanItsLimit) {
  const std::vector<std::string> values(3000, std::string(5000, 'x'));
  Hdf5Table table(texts(values), "/", {}, source.max_record);
  for (u64 first = 0; first < table.rows();) {
    const u64 end = table.read(first);
    ASSERT_GT(end, first);
    ASSERT_LE((end - first) * 5001, Hdf5Table::kBlockBytes);
    first = end;
  }
}

TEST_F(Hdf5Read, AShardGivesBackWhatWasWritten) {
  for (u64 seed = 0; seed < 5; ++seed) {
    RandomShard shard(seed);
    // JSON that no input can have had: numbers end at 64 bits.
    for (auto& row : shard.rows) {
      for (auto& value : row) {
        if (value == "123456789012345678901") value = "[null]";
      }
    }
    const std::string path = (folder_ / "shard.h5").string();
    (void)shard.write(path, "train");
    CollectingSink sink;
    read_path(path, sink);
    ASSERT_TRUE(sink.rejections.empty()) << sink.details[0];
    ASSERT_EQ(sink.documents.size(), shard.rows.size());
    for (std::size_t r = 0; r < shard.rows.size(); ++r) {
      std::size_t present = 0;
      for (std::size_t c = 0; c < shard.schema.size(); ++c) {
        const auto& [name, type, dimensions] = shard.schema[c];
        const auto& value = shard.rows[r][c];
        if (name == "id" || name == "text") {
          ASSERT_EQ(name == "id" ? sink.documents[r].id : sink.documents[r].text, value);
          continue;
        }
        auto& fields = sink.documents[r].fields;
        const std::string column = name == "source" ? "field.source" : name;
        ASSERT_EQ(fields.contains(column), value.has_value()) << name;
        if (!value) continue;
        ++present;
        const std::string& json = fields[column];
        if (type == Type::float64) {
          EXPECT_EQ(std::strtod(json.c_str(), nullptr), std::strtod(value->c_str(), nullptr));
          EXPECT_NE(json.find_first_of(".e"), std::string::npos) << json;
        } else {
          EXPECT_EQ(nlohmann::json::parse(json),
                    type == Type::utf8 ? nlohmann::json(*value)
                                       : nlohmann::json::parse(RandomShard::json_of(type, *value)));
        }
      }
      EXPECT_EQ(sink.documents[r].fields.size(), present);
    }
  }
}

// HDF5 1.10.8 crashes in some of these files, and computes for ever in one of the first 140.
TEST_F(Hdf5Read, OneFlippedBitGivesAResultOrAnError) {
  std::vector<std::string> values;
  for (int i = 0; i < 50; ++i) values.push_back("text " + std::to_string(i));
  std::ifstream file(texts(values), std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  std::mt19937_64 random(1);
  int errors = 0;
  int failures = 0;
  for (int i = 0; i < (std::getenv("SHARDMILL_LONG") != nullptr ? 1500 : 70); ++i) {
    std::string damaged = good;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << (random() % 8));
    CollectingSink sink;
    try {
      read_path(write("damaged.h5", damaged), sink);
      EXPECT_LE(sink.documents.size(), values.size());
    } catch (const DataError& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("damaged.h5"), std::string::npos) << what;
      (what.find("'HDF5' failed") == std::string::npos ? errors : failures) += 1;
    }
  }
  std::printf("%d errors, HDF5 itself failed %d times\n", errors, failures);
  EXPECT_GT(errors, 0);
}

TEST_F(Hdf5Read, AFileThatIsNoHdf5SaysSo) {
  EXPECT_NE(error_of("{\"text\": \"a\"}\n", "a.h5").find("a.h5: cannot open as HDF5"),
            std::string::npos);
}

}  // namespace
}  // namespace shardmill
