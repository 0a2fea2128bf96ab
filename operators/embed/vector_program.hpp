// Vectors that another program makes.
//
// It gets a JSON line {"text": …} for each document on its stdin and answers, in the same order,
// with `dimensions` float32 numbers (little-endian) each on its stdout, and with nothing else.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/embed/text_vectors.hpp"

namespace shardmill {

struct VectorProgramSettings {
  std::vector<std::string> command;
  u32 dimensions = 0;
  std::size_t batch = 0;              // texts that it gets before its answer is awaited
  std::chrono::milliseconds limit{};  // for the answer to a batch
};

// Starts the program when the first text comes and ends it, and all that it started, when it goes.
// One thread. Memory: the texts of a batch and its answer.
class VectorProgram {
 public:
  // How often a batch is given to a new process when the one that had it is gone.
  static constexpr int kAgain = 3;

  explicit VectorProgram(VectorProgramSettings settings);
  ~VectorProgram();
  VectorProgram(const VectorProgram&) = delete;
  VectorProgram& operator=(const VectorProgram&) = delete;

  // The vectors of the texts, one after the other. Throws DataError, with the beginning of the
  // program's stdout and the end of its stderr: when it cannot be started; ended without an answer,
  // kAgain + 1 times; gave none within the limit; wrote more bytes than asked for.
  void embed(std::span<const std::string_view> texts, std::vector<float>& out);
  // Ends its input and waits for its end: only now is it known that it has not written more than
  // was asked for, which would have shifted later answers. DataError when it has, does not end
  // within the limit, or ends with another status than 0. The next text starts it again.
  void finish();
  // The end of a message: what the program wrote first, as text; empty when it does not run.
  [[nodiscard]] std::string beginning() const;

 private:
  class Process;
  VectorProgramSettings settings_;
  std::unique_ptr<Process> process_;
  std::string request_;
};

// `from: command`.
class CommandVectors final : public TextSource {
 public:
  explicit CommandVectors(VectorProgramSettings settings)
      : batch_size_(settings.batch),
        dimensions_(settings.dimensions),
        program_(std::move(settings)) {}
  void load(std::span<const std::string_view> texts) override;
  std::vector<float>* of(std::size_t i) override;
  void finish() override { program_.finish(); }
  [[nodiscard]] std::string hint() const override { return program_.beginning(); }
  [[nodiscard]] u64 bytes_per_document() override { return dimensions_ * sizeof(float); }

 private:
  std::size_t batch_size_;
  u32 dimensions_;
  VectorProgram program_;
  std::span<const std::string_view> texts_;
  std::size_t begin_ = 0;  // texts whose vectors are at hand
  std::size_t end_ = 0;
  std::vector<float> numbers_;
  std::vector<float> vector_;
};

}  // namespace shardmill
