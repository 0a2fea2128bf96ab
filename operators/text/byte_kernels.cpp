#include "operators/text/byte_kernels.hpp"

#include <array>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shardmill {
namespace {

constexpr bool is_above(char byte) { return (static_cast<unsigned char>(byte) & 0x80) != 0; }
constexpr char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}
constexpr bool is_alphanumeric(char byte) {
  const char small = lower(byte);
  return (small >= 'a' && small <= 'z') || (byte >= '0' && byte <= '9');
}

std::size_t lower_ascii_portable(const char* from, std::size_t size, char* to) {
  std::size_t i = 0;
  for (; i < size && !is_above(from[i]); ++i) to[i] = lower(from[i]);
  return i;
}

void classify_portable(const char* bytes, std::size_t blocks, u64* word, u64* above) {
  for (std::size_t block = 0; block < blocks; ++block) {
    u64 words = 0;
    u64 aboves = 0;
    for (std::size_t i = 0; i < 64; ++i) {
      const char byte = bytes[block * 64 + i];
      words |= u64{is_alphanumeric(byte)} << i;
      aboves |= u64{is_above(byte)} << i;
    }
    word[block] = words;
    above[block] = aboves;
  }
}

// Writes the positions of the set bits of `bits`, plus `base`, to `out`; returns how many. Eight at
// a time without asking whether they exist, since their number is hard to predict.
[[gnu::always_inline]] inline std::size_t list_bits(u64 bits, u32 base, u32* out) {
  const auto count = static_cast<std::size_t>(std::popcount(bits));
  for (std::size_t done = 0; done < count; done += 8) {
    for (std::size_t i = 0; i < 8; ++i) {
      out[done + i] = base + static_cast<u32>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  }
  return count;
}

// Inlined into functions for different processors, which have better instructions for it.
[[gnu::always_inline]] inline std::size_t list_runs(const u64* word, const u64* border,
                                                    std::size_t blocks, u32* begin, u32* end) {
  std::size_t begins = 0;
  std::size_t ends = 0;
  u64 carry = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const u64 here = word[block];
    const u64 before = (here << 1) | carry;
    const auto base = static_cast<u32>(block * 64);
    begins += list_bits(here & (~before | border[block]), base, begin + begins);
    ends += list_bits(before & (~here | border[block]), base, end + ends);
    carry = here >> 63;
  }
  return begins;
}

std::size_t list_runs_portable(const u64* word, const u64* border, std::size_t blocks, u32* begin,
                               u32* end) {
  return list_runs(word, border, blocks, begin, end);
}

#if defined(__x86_64__)

// x - low <= width, unsigned, for each byte.
__m128i in_range_sse2(__m128i x, char low, char width) {
  const __m128i shifted = _mm_sub_epi8(x, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(width)), shifted);
}

std::size_t lower_ascii_sse2(const char* from, std::size_t size, char* to) {
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    const __m128i bit = _mm_and_si128(in_range_sse2(x, 'A', 25), _mm_set1_epi8(0x20));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm_or_si128(x, bit));
    const auto above = static_cast<u32>(_mm_movemask_epi8(x));
    if (above != 0) return i + static_cast<u32>(std::countr_zero(above));
  }
  return i + lower_ascii_portable(from + i, size - i, to + i);
}

void classify_sse2(const char* bytes, std::size_t blocks, u64* word, u64* above) {
  for (std::size_t block = 0; block < blocks; ++block) {
    u64 words = 0;
    u64 aboves = 0;
    for (unsigned i = 0; i < 64; i += 16) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + block * 64 + i));
      const __m128i letter = in_range_sse2(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 25);
      const __m128i hit = _mm_or_si128(letter, in_range_sse2(x, '0', 9));
      words |= u64{static_cast<u32>(_mm_movemask_epi8(hit))} << i;
      aboves |= u64{static_cast<u32>(_mm_movemask_epi8(x))} << i;
    }
    word[block] = words;
    above[block] = aboves;
  }
}

__attribute__((target("avx2"))) inline __m256i in_range_avx2(__m256i x, char low, char width) {
  const __m256i shifted = _mm256_sub_epi8(x, _mm256_set1_epi8(low));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8(width)), shifted);
}

__attribute__((target("avx2"))) std::size_t lower_ascii_avx2(const char* from, std::size_t size,
                                                             char* to) {
  std::size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
    const __m256i bit = _mm256_and_si256(in_range_avx2(x, 'A', 25), _mm256_set1_epi8(0x20));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_or_si256(x, bit));
    const auto above = static_cast<u32>(_mm256_movemask_epi8(x));
    if (above != 0) return i + static_cast<u32>(std::countr_zero(above));
  }
  return i + lower_ascii_portable(from + i, size - i, to + i);
}

__attribute__((target("avx2"))) void classify_avx2(const char* bytes, std::size_t blocks, u64* word,
                                                   u64* above) {
  for (std::size_t block = 0; block < blocks; ++block) {
    u64 words = 0;
    u64 aboves = 0;
    for (unsigned i = 0; i < 64; i += 32) {
      const __m256i x =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + block * 64 + i));
      const __m256i letter = in_range_avx2(_mm256_or_si256(x, _mm256_set1_epi8(0x20)), 'a', 25);
      const __m256i hit = _mm256_or_si256(letter, in_range_avx2(x, '0', 9));
      words |= u64{static_cast<u32>(_mm256_movemask_epi8(hit))} << i;
      aboves |= u64{static_cast<u32>(_mm256_movemask_epi8(x))} << i;
    }
    word[block] = words;
    above[block] = aboves;
  }
}

__attribute__((target("avx2,bmi,popcnt"))) std::size_t list_runs_bmi(const u64* word,
                                                                     const u64* border,
                                                                     std::size_t blocks, u32* begin,
                                                                     u32* end) {
  return list_runs(word, border, blocks, begin, end);
}

bool has_avx2_and_bits() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
         __builtin_cpu_supports("popcnt") != 0;
}

#endif

}  // namespace

std::span<const ByteKernels> byte_kernels() {
#if defined(__x86_64__)
  static const std::array<ByteKernels, 3> kernels = {{
      {"portable", true, lower_ascii_portable, classify_portable, list_runs_portable},
      {"sse2", true, lower_ascii_sse2, classify_sse2, list_runs_portable},
      {"avx2", has_avx2_and_bits(), lower_ascii_avx2, classify_avx2, list_runs_bmi},
  }};
#else
  static const std::array<ByteKernels, 1> kernels = {
      {{"portable", true, lower_ascii_portable, classify_portable, list_runs_portable}}};
#endif
  return kernels;
}

const ByteKernels& best_byte_kernels() {
  const auto kernels = byte_kernels();
  std::size_t best = kernels.size() - 1;
  while (!kernels[best].supported) --best;
  return kernels[best];
}

}  // namespace shardmill
