// A folder for one run, and what an observer wrote there read back by a parser that is not ours.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cluster/types.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {

class ObserverTest : public testing::Test {
 protected:
  static std::string content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  [[nodiscard]] nlohmann::json status() const {
    return nlohmann::json::parse(content(folder_ / "status.json"));
  }
  [[nodiscard]] std::vector<nlohmann::json> logged(u32 rank, const std::string& event) const {
    std::ifstream log(folder_ / ("rank-" + std::to_string(rank) + ".jsonl"));
    std::vector<nlohmann::json> found;
    for (std::string line; std::getline(log, line);) {
      nlohmann::json json = nlohmann::json::parse(line);
      if (json.at("event") == event) found.push_back(std::move(json));
    }
    return found;
  }

  static bool is_rfc3339(const std::string& text) {
    static const std::regex form("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
    return std::regex_match(text, form);
  }

  TemporaryFolder temporary_;
  std::filesystem::path root_ = temporary_.path();
  std::filesystem::path folder_ = root_ / "runs/1";
};

}  // namespace shardmill
