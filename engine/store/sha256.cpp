#include "engine/store/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <vector>

#include "cluster/error.hpp"
#include "cluster/types.hpp"
#include "engine/store/file.hpp"

namespace shardmill {
namespace {

void require(int result, const char* doing) {
  if (result != 1) throw InternalError(std::string("OpenSSL cannot ") + doing + " SHA-256");
}

}  // namespace

void Sha256::FreeContext::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr ? 1 : 0, "allocate");
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr), "begin");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::add(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()), "continue");
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size), "end");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) {
  const File file = File::open_read(path);
  std::vector<char> buffer(std::size_t{256} * 1024);
  Sha256 digest;
  for (u64 offset = 0;;) {
    const std::size_t got = file.read_at(offset, buffer);
    if (got == 0) return digest.hex();
    digest.add({buffer.data(), got});
    offset += got;
  }
}

}  // namespace shardmill
