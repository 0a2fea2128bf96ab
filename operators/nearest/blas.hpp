// OpenBLAS, loaded when the first matrix is multiplied.
//
// Not linked: every process of a job would load it, vectors or not, and it begins a thread for each
// core of the machine in each of them. And its release 0.3.21 (Debian 12) takes any processor that
// is newer than itself for one without AVX, a fifth or less of what it can do: what to use has to
// be in the environment before it is loaded.
#pragma once

namespace shardmill {

// Loads the library, unless it is there: one thread, and kernels by what the processor can do,
// where OPENBLAS_NUM_THREADS and OPENBLAS_CORETYPE say nothing else. Results of both kinds of
// kernels differ in the last bits; nothing is decided by them. Throws ResourceError when it is not
// installed.
void load_blas();

}  // namespace shardmill

// C += A B in the column order of Fortran, by the library; load_blas() comes first. FAISS calls it.
extern "C" int sgemm_(const char* a_form, const char* b_form, const int* m, const int* n,
                      const int* k, const float* alpha, const float* a, const int* a_stride,
                      const float* b, const int* b_stride, const float* beta, float* c,
                      const int* c_stride);
