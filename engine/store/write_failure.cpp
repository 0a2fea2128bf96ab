#include "engine/store/write_failure.hpp"

#include <cerrno>
#include <cstring>

namespace shardmill {

std::string write_failure(int error) {
  const std::string said = std::strerror(error);
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return full ? said + "; free space or choose another folder, then run the same command again"
              : said;
}

}  // namespace shardmill
