#include "operators/dedup/signature/minima_kernel.hpp"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Shingles are taken a block at a time: what all functions share of each is computed once into two
// small arrays; then, for one group of functions after the other, the minima stay in registers
// while the block goes by. So a shingle costs, for each vector of functions, one multiplication,
// one addition and one minimum, and the arrays stay in the first-level cache.

namespace shardmill {
namespace {

void lower_portable(const HashFamily& family, std::span<const u64> shingles, u32* minima) {
  for (const u64 shingle : shingles) {
    const u32 factor = HashFamily::factor(shingle);
    const u32 shared = family.shared(shingle);
    for (std::size_t j = 0; j < family.a.size(); ++j) {
      minima[j] = std::min(minima[j], family.a[j] * factor + shared);
    }
  }
}

#if defined(__x86_64__)

constexpr std::size_t kBlock = 512;  // 4 KiB of arrays

struct Block {
  alignas(64) std::array<u32, kBlock> factor;
  alignas(64) std::array<u32, kBlock> shared;
  std::size_t size = 0;
};

// Four keys at a time; a product with a 64-bit number is that with its lower half plus, shifted,
// that with its upper half. At most kBlock shingles.
__attribute__((target("avx2"))) void fill_block(const HashFamily& family,
                                                std::span<const u64> shingles, Block& block) {
  const __m256i b1 = _mm256_set1_epi64x(static_cast<long long>(family.b1));
  const __m256i b2 = _mm256_set1_epi64x(static_cast<long long>(family.b2));
  const __m256i b1_upper = _mm256_srli_epi64(b1, 32);
  const __m256i b2_upper = _mm256_srli_epi64(b2, 32);
  const __m256i c = _mm256_set1_epi64x(static_cast<long long>(family.c));
  const __m256i lower_then_upper = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
  block.size = shingles.size();
  std::size_t i = 0;
  for (; i + 4 <= shingles.size(); i += 4) {
    const __m256i key = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&shingles[i]));
    const __m256i high = _mm256_srli_epi64(key, 32);
    const __m256i upper =
        _mm256_add_epi64(_mm256_mul_epu32(b1_upper, key), _mm256_mul_epu32(b2_upper, high));
    const __m256i lower = _mm256_add_epi64(
        c, _mm256_add_epi64(_mm256_mul_epu32(b1, key), _mm256_mul_epu32(b2, high)));
    const __m256i sum = _mm256_add_epi64(lower, _mm256_slli_epi64(upper, 32));
    const __m256i keys = _mm256_permutevar8x32_epi32(key, lower_then_upper);
    const __m256i sums = _mm256_permutevar8x32_epi32(sum, lower_then_upper);
    _mm_store_si128(reinterpret_cast<__m128i*>(&block.factor[i]),
                    _mm_or_si128(_mm256_castsi256_si128(keys), _mm_set1_epi32(1)));
    _mm_store_si128(reinterpret_cast<__m128i*>(&block.shared[i]),
                    _mm256_extracti128_si256(sums, 1));
  }
  for (; i < shingles.size(); ++i) {
    block.factor[i] = HashFamily::factor(shingles[i]);
    block.shared[i] = family.shared(shingles[i]);
  }
}

// Calls lower_block(block) for each kBlock shingles.
template <typename LowerBlock>
void for_blocks(const HashFamily& family, std::span<const u64> shingles, LowerBlock lower_block) {
  Block block;
  while (!shingles.empty()) {
    const std::size_t size = std::min(kBlock, shingles.size());
    fill_block(family, shingles.first(size), block);
    lower_block(block);
    shingles = shingles.subspan(size);
  }
}

// kVectors x 8 functions: their minima and coefficients fill the 16 registers; reading the
// coefficients from memory instead is slower (AMD Zen 3).
template <int kVectors>
__attribute__((target("avx2"))) void lower_group_avx2(const Block& block, const u32* a,
                                                      u32* minima) {
  __m256i least[kVectors];
  __m256i coefficient[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    least[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(minima) + v);
    coefficient[v] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a) + v);
  }
  for (std::size_t i = 0; i < block.size; ++i) {
    const __m256i factor = _mm256_set1_epi32(static_cast<int>(block.factor[i]));
    const __m256i shared = _mm256_set1_epi32(static_cast<int>(block.shared[i]));
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const __m256i value = _mm256_add_epi32(_mm256_mullo_epi32(coefficient[v], factor), shared);
      least[v] = _mm256_min_epu32(least[v], value);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(minima) + v, least[v]);
  }
}

void lower_avx2(const HashFamily& family, std::span<const u64> shingles, u32* minima) {
  for_blocks(family, shingles, [&](const Block& block) {
    std::size_t j = 0;
    for (; j + 48 <= family.a.size(); j += 48) {
      lower_group_avx2<6>(block, family.a.data() + j, minima + j);
    }
    for (; j + 32 <= family.a.size(); j += 32) {
      lower_group_avx2<4>(block, family.a.data() + j, minima + j);
    }
    for (; j < family.a.size(); j += 16) {
      lower_group_avx2<2>(block, family.a.data() + j, minima + j);
    }
  });
}

// kVectors x 16 functions; coefficients fit the 32 registers, too.
template <int kVectors>
__attribute__((target("avx512f"))) void lower_group_avx512(const Block& block, const u32* a,
                                                           u32* minima) {
  __m512i least[kVectors];
  __m512i coefficient[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) {
    least[v] = _mm512_loadu_si512(minima + v * 16);
    coefficient[v] = _mm512_loadu_si512(a + v * 16);
  }
  for (std::size_t i = 0; i < block.size; ++i) {
    const __m512i factor = _mm512_set1_epi32(static_cast<int>(block.factor[i]));
    const __m512i shared = _mm512_set1_epi32(static_cast<int>(block.shared[i]));
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const __m512i value = _mm512_add_epi32(_mm512_mullo_epi32(coefficient[v], factor), shared);
      // The form with a full mask is the same instruction; GCC 12 warns about the plain one.
      least[v] = _mm512_mask_min_epu32(least[v], 0xffff, least[v], value);
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) _mm512_storeu_si512(minima + v * 16, least[v]);
}

void lower_avx512(const HashFamily& family, std::span<const u64> shingles, u32* minima) {
  for_blocks(family, shingles, [&](const Block& block) {
    std::size_t j = 0;
    for (; j + 112 <= family.a.size(); j += 112) {
      lower_group_avx512<7>(block, family.a.data() + j, minima + j);
    }
    for (; j + 64 <= family.a.size(); j += 64) {
      lower_group_avx512<4>(block, family.a.data() + j, minima + j);
    }
    for (; j + 32 <= family.a.size(); j += 32) {
      lower_group_avx512<2>(block, family.a.data() + j, minima + j);
    }
    for (; j < family.a.size(); j += 16) {
      lower_group_avx512<1>(block, family.a.data() + j, minima + j);
    }
  });
}

#endif

}  // namespace

std::span<const Kernel> kernels() {
#if defined(__x86_64__)
  static const std::array<Kernel, 3> all = {{
      {"portable", true, lower_portable},
      {"avx2", __builtin_cpu_supports("avx2") != 0, lower_avx2},
      {"avx512", __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx2") != 0,
       lower_avx512},
  }};
#else
  static const std::array<Kernel, 1> all = {{{"portable", true, lower_portable}}};
#endif
  return all;
}

const Kernel& best_kernel() {
  const auto all = kernels();
  std::size_t best = all.size() - 1;
  while (!all[best].supported) --best;
  return all[best];
}

}  // namespace shardmill
