# shardmill_layer(NAME [BELOW layer] USES target…)
#
# Static library shardmill_NAME from every .cpp under NAME/. Users of the layer also get the one
# below, but not the third-party libraries: those are PRIVATE, so no header can lean on them.
function(shardmill_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "BELOW" "USES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  list(REMOVE_ITEM sources ${PROJECT_SOURCE_DIR}/jobs/main.cpp)
  if(NOT sources)
    # A layer without sources still is a library, so that the ones above can link it.
    set(sources ${PROJECT_BINARY_DIR}/empty/${name}.cpp)
    file(WRITE ${sources} "")
  endif()
  add_library(shardmill_${name} STATIC ${sources})
  target_link_libraries(shardmill_${name} PUBLIC shardmill_options PRIVATE ${layer_USES})
  if(layer_BELOW)
    target_link_libraries(shardmill_${name} PUBLIC shardmill_${layer_BELOW})
  endif()
  if(SHARDMILL_PCH)
    target_precompile_headers(shardmill_${name} PRIVATE ${shardmill_precompiled})
  endif()
endfunction()

# shardmill_executable(TARGET source…): a program that may use every layer.
function(shardmill_executable target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE shardmill_jobs)
  # Exported symbols let a program name the functions in its own stack trace.
  set_target_properties(${target} PROPERTIES ENABLE_EXPORTS ON)
  if(SHARDMILL_SANITIZE)
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/sanitizers/keep_modules.cpp)
  endif()
endfunction()
