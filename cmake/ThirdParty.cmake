# Every third-party library, found once. The layers name the ones they use in CMakeLists.txt.
# zstd, xxhash and ISA-L go through pkg-config, whose names are the same on Debian and Ubuntu.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(MPI_CXX_SKIP_MPICXX ON)  # the C API only: the C++ bindings left the standard in MPI 3.0
find_package(MPI REQUIRED COMPONENTS CXX)

find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json CONFIG REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

find_package(simdjson CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
find_package(ICU REQUIRED COMPONENTS uc i18n data)

# The MPI build of HDF5 also writes plain files, so it is the only one needed. Linking the serial
# build as well would give two HDF5 libraries in one process.
# Debian's pkg-config file comes first: CMake's own search runs h5pcc, which fails in a build folder
# with a space in its path.
add_library(shardmill_hdf5 INTERFACE)
pkg_check_modules(HDF5_OPENMPI IMPORTED_TARGET hdf5-openmpi)
if(HDF5_OPENMPI_FOUND)
  target_link_libraries(shardmill_hdf5 INTERFACE PkgConfig::HDF5_OPENMPI)
else()
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 REQUIRED COMPONENTS C)
  if(NOT HDF5_IS_PARALLEL)
    message(FATAL_ERROR "HDF5 is not the parallel build; on Debian install libhdf5-openmpi-dev")
  endif()
  target_link_libraries(shardmill_hdf5 INTERFACE hdf5::hdf5)
endif()
# hdf5.h of this build includes mpi.h, which must skip its C++ bindings here too.
target_link_libraries(shardmill_hdf5 INTERFACE MPI::MPI_CXX)

# FAISS is for steps that compare vectors; Ubuntu has it not in every release. The BLAS that it asks
# for is loaded by name (operators/nearest/blas.hpp), not linked.
set(SHARDMILL_FAISS AUTO CACHE STRING "Steps that compare vectors: AUTO (if FAISS is there), ON or OFF")
set_property(CACHE SHARDMILL_FAISS PROPERTY STRINGS AUTO ON OFF)
add_library(shardmill_faiss INTERFACE)
if(NOT SHARDMILL_FAISS STREQUAL "OFF")
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_FOUND)  # the configuration of FAISS asks for its target
    find_package(faiss CONFIG QUIET)
  endif()
  if(faiss_FOUND)
    # Linked by the layer, but compiled against by one file.
    target_link_libraries(shardmill_faiss INTERFACE
      $<LINK_ONLY:faiss> $<LINK_ONLY:OpenMP::OpenMP_CXX> ${CMAKE_DL_LIBS})
    set_source_files_properties(${PROJECT_SOURCE_DIR}/operators/nearest/flat_search.cpp PROPERTIES
      COMPILE_DEFINITIONS SHARDMILL_FAISS)
  elseif(SHARDMILL_FAISS STREQUAL "ON")
    message(FATAL_ERROR "SHARDMILL_FAISS=ON: on Debian install libfaiss-dev and libopenblas0")
  else()
    message(STATUS "shardmill: no FAISS (libfaiss-dev), so no steps that compare vectors")
  endif()
endif()

# SentencePiece reads its own models; other tokenizers are ours.
set(SHARDMILL_SENTENCEPIECE AUTO CACHE STRING "SentencePiece models: AUTO (if the library is there), ON or OFF")
set_property(CACHE SHARDMILL_SENTENCEPIECE PROPERTY STRINGS AUTO ON OFF)
add_library(shardmill_sentencepiece INTERFACE)
if(NOT SHARDMILL_SENTENCEPIECE STREQUAL "OFF")
  # Its pkg-config file also asks for the library that trains models.
  find_library(SENTENCEPIECE_LIBRARY sentencepiece)
  find_path(SENTENCEPIECE_INCLUDE sentencepiece_processor.h)
  if(SENTENCEPIECE_LIBRARY AND SENTENCEPIECE_INCLUDE)
    target_link_libraries(shardmill_sentencepiece INTERFACE ${SENTENCEPIECE_LIBRARY})
    target_include_directories(shardmill_sentencepiece SYSTEM INTERFACE ${SENTENCEPIECE_INCLUDE})
    set_source_files_properties(
      ${PROJECT_SOURCE_DIR}/operators/tokenize/sentencepiece_tokenizer.cpp PROPERTIES
      COMPILE_DEFINITIONS SHARDMILL_SENTENCEPIECE)
  elseif(SHARDMILL_SENTENCEPIECE STREQUAL "ON")
    message(FATAL_ERROR "SHARDMILL_SENTENCEPIECE=ON: on Debian install libsentencepiece-dev")
  else()
    message(STATUS "shardmill: no SentencePiece (libsentencepiece-dev), so none of its models")
  endif()
endif()

find_package(Boost REQUIRED COMPONENTS program_options)
find_package(yaml-cpp CONFIG REQUIRED)
if(TARGET yaml-cpp::yaml-cpp)  # from 0.8 on
  set(SHARDMILL_YAML_CPP yaml-cpp::yaml-cpp)
else()
  set(SHARDMILL_YAML_CPP yaml-cpp)
endif()
