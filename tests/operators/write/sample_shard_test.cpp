#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "operators/write/sample_shard_reader.hpp"
#include "operators/write/sample_shard_writer.hpp"
#include "operators/write/token_shard_writer.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

struct Packed {
  std::vector<SamplePiece> pieces;
  u64 samples = 0;
};

Packed pack(const SampleFormat& format, const std::vector<u64>& lengths) {
  Packed packed;
  SamplePacker packer(format, [&](const SamplePiece& piece) { packed.pieces.push_back(piece); });
  for (const u64 n : lengths) packer.add(n);
  packer.finish();
  packed.samples = packer.samples();
  return packed;
}

// Each position of each document once, in samples that have room for it, in order.
TEST(SamplePacker, LosesNoPosition) {
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    for (const Packing packing : {Packing::concat, Packing::greedy, Packing::best_fit}) {
      const SampleFormat format{static_cast<u32>(1 + random() % 40), packing, false};
      std::vector<u64> lengths(random() % 2000);
      for (u64& n : lengths) n = 1 + random() % (random() % 8 == 0 ? 200 : 20);
      const Packed packed = pack(format, lengths);
      std::vector<u64> seen(lengths.size());
      std::map<u64, std::vector<bool>> taken;
      u64 before = 0;
      for (const SamplePiece& piece : packed.pieces) {
        const u64 begin = piece.sample * format.length + piece.offset;
        ASSERT_GE(begin, before);
        before = begin + piece.positions;
        ASSERT_LE(piece.offset + piece.positions, format.length);
        if (piece.positions > 0) {
          ASSERT_LT(piece.sample, packed.samples);
        }
        if (packing != Packing::best_fit) {
          ASSERT_EQ(piece.token, seen[piece.document]);
        }
        if (packing != Packing::concat) {
          ASSERT_EQ(piece.token % format.length, 0U);
        }
        seen[piece.document] += piece.positions;
      }
      for (u64 d = 0; d < lengths.size(); ++d) {
        const bool stream = packing == Packing::concat && d + 1 < lengths.size();
        ASSERT_EQ(seen[d], lengths[d] - (stream ? 0 : 1));
      }
    }
  }
}

TEST(SamplePacker, BestFitLeavesTheLeastRoom) {
  // Of 8 positions: 6, 5, 3, 2 fit into two samples, which greedy does not find.
  const std::vector<u64> lengths = {4, 6, 3, 7};
  EXPECT_EQ(pack({8, Packing::best_fit, false}, lengths).samples, 2U);
  EXPECT_EQ(pack({8, Packing::greedy, false}, lengths).samples, 2U);
  const std::vector<u64> worse = {7, 4, 6, 3};  // 6, then 3 + 5, then 2
  EXPECT_EQ(pack({8, Packing::greedy, false}, worse).samples, 3U);
  EXPECT_EQ(pack({8, Packing::best_fit, false}, worse).samples, 2U);
}

TEST(SamplePacker, BestFitKeepsTheOrderOfFirstDocuments) {
  std::vector<u64> firsts;
  for (const SamplePiece& piece : pack({8, Packing::best_fit, false}, {6, 7, 8, 9, 2}).pieces) {
    if (piece.offset == 0) firsts.push_back(piece.document);
  }
  EXPECT_EQ(firsts, (std::vector<u64>{0, 1, 2, 3}));
}

TEST(SamplePacker, AWindowEndsAfterSoManySamples) {
  // 512 samples of 64 are a window: of documents of one position, which count as 32, and of longer.
  for (const auto& [tokens, documents] : {std::pair(2U, 1024U), std::pair(65U, 512U)}) {
    SamplePacker packer({64, Packing::best_fit, false}, [](const SamplePiece&) {});
    for (u64 i = 1; i < documents; ++i) packer.add(tokens);
    EXPECT_EQ(packer.placed(), 0U);
    packer.add(tokens);
    EXPECT_EQ(packer.placed(), documents);
  }
}

class SampleShard : public testing::Test {
 protected:
  // Documents of random ids below 100; the end token is 100.
  ShardInfo write(Packing packing, bool spans, u32 length, u64 vocabulary, int documents) {
    fs::remove_all(folder_);
    TokenFormat format{"test", vocabulary, 100, SampleFormat{length, packing, spans}};
    std::mt19937_64 random(7);
    std::vector<std::string> tokens(static_cast<std::size_t>(documents));
    SampleCounter counter(format);
    written_.clear();
    for (std::string& ids : tokens) {
      std::vector<u32>& written = written_.emplace_back();
      for (u64 n = random() % 30; n > 0; --n) {
        const u64 id = random() % 100;
        ids.append(reinterpret_cast<const char*>(&id), format.width());
        written.push_back(static_cast<u32>(id));
      }
      written.push_back(100);
    }
    const auto each = [&](auto&& to) {
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string id = "d" + std::to_string(i);
        const std::optional<std::string_view> row[] = {"0", id, "0:0", "s", tokens[i]};
        to.add(row);
      }
    };
    each(counter);
    SampleShardWriter writer(folder_, path_, counter.finish(), "train", format);
    each(writer);
    return writer.close();
  }
  void verify() { SampleShardReader(folder_, path_).verify(true); }

  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path() / "snapshot";
  std::string path_ = "tokens/train/0001-r.h5";
  std::vector<std::vector<u32>> written_;  // by document, that which ends it included
};

TEST_F(SampleShard, IsWhatItsReaderExpects) {
  for (const Packing packing : {Packing::concat, Packing::greedy, Packing::best_fit}) {
    for (const bool spans : {false, true}) {
      for (const u32 length : {1U, 8U, 64U}) {
        for (const u64 vocabulary : {101U, 70'000U}) {
          for (const int documents : {0, 1, 200}) {
            write(packing, spans, length, vocabulary, documents);
            EXPECT_NO_THROW(verify());
          }
        }
      }
    }
  }
}

TEST_F(SampleShard, HasEveryTokenOnce) {
  for (const Packing packing : {Packing::concat, Packing::greedy, Packing::best_fit}) {
    for (const u32 length : {1U, 8U, 64U}) {
      for (const int documents : {0, 1, 2, 200}) {
        write(packing, true, length, 101, documents);
        std::vector<std::map<u64, u32>> found(written_.size());
        SampleShardReader(folder_, path_)
            .for_each_tokens([&](const PieceRow& piece, u64 first, std::span<const u32> ids) {
              const u64 document = std::stoull(std::string(piece.id.substr(1)));
              for (const u32 id : ids) {
                EXPECT_TRUE(found[document].emplace(first++, id).second) << document;
              }
            });
        for (std::size_t d = 0; d < written_.size(); ++d) {
          std::vector<u32> ids;
          for (const auto& [at, id] : found[d]) {
            EXPECT_EQ(at, ids.size());
            ids.push_back(id);
          }
          EXPECT_EQ(ids, written_[d]) << d;
        }
      }
    }
  }
}

TEST_F(SampleShard, EveryOtherCellIsFound) {
  write(Packing::greedy, true, 16, 101, 8);
  const fs::path file = folder_ / path_;
  const u64 begin = Hdf5Object::open_file(file).open("data").offset();
  const u64 end = begin + SampleShardReader(folder_, path_).n_samples() * 5 * 16 * 4;
  for (u64 at = begin; at < end; at += 4) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const char byte = static_cast<char>(stream.get());
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(byte ^ 1));
    stream.close();
    EXPECT_THROW(verify(), DataError) << (at - begin) / 4;
    stream.open(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
  }
  EXPECT_NO_THROW(verify());
}

}  // namespace
}  // namespace shardmill
