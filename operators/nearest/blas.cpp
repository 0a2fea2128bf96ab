#include "operators/nearest/blas.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

using Sgemm = decltype(&sgemm_);

// The name of OpenBLAS's kernels for this processor; null: let it find out.
const char* kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return "SkylakeX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

Sgemm loaded() {
  static const Sgemm sgemm = [] {
    if (const char* core = kernels()) ::setenv("OPENBLAS_CORETYPE", core, 0);
    ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
    void* library = ::dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    void* symbol = library == nullptr ? nullptr : ::dlsym(library, "sgemm_");
    if (symbol == nullptr) {
      throw ResourceError(std::string("OpenBLAS cannot be loaded (") + ::dlerror() +
                          "); on Debian install libopenblas0");
    }
    return reinterpret_cast<Sgemm>(symbol);
  }();
  return sgemm;
}

}  // namespace

void load_blas() { (void)loaded(); }

}  // namespace shardmill

extern "C" int sgemm_(const char* a_form, const char* b_form, const int* m, const int* n,
                      const int* k, const float* alpha, const float* a, const int* a_stride,
                      const float* b, const int* b_stride, const float* beta, float* c,
                      const int* c_stride) {
  return shardmill::loaded()(a_form, b_form, m, n, k, alpha, a, a_stride, b, b_stride, beta, c,
                             c_stride);
}

// FAISS names these for rotations of vectors, which nothing here makes.
extern "C" int sgeqrf_() { std::abort(); }
extern "C" int sorgqr_() { std::abort(); }
