# SPDX-License-Identifier: Apache-2.0
# How the parts are built: one static library for each folder of src/, one unit test program beside
# it, and one product.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)  # statement expressions (base/result.h)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(STAYD_CCACHE ccache)
if(STAYD_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${STAYD_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${STAYD_CCACHE})
endif()

add_library(stayd_flags INTERFACE)
target_include_directories(stayd_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_options(stayd_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wswitch-enum
  -ffunction-sections -fdata-sections -fno-rtti -fstack-protector-strong)
# TRY and friends are statement expressions, designated initialisers leave the rest at its default.
target_compile_options(stayd_flags INTERFACE -Wno-missing-field-initializers)
target_compile_definitions(stayd_flags INTERFACE
  STAYD_VERSION="${PROJECT_VERSION}" JSON_NO_IO=1 _GNU_SOURCE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(stayd_flags INTERFACE
    -Wno-gnu-statement-expression-from-macro-expansion -Wno-gnu-statement-expression
    # libstdc++ 12's stable_sort uses what it calls deprecated itself.
    -Wno-deprecated-declarations)
else()
  # g++ 12 sees a maybe-uninitialized value in moved-from std::expected of move-only types.
  target_compile_options(stayd_flags INTERFACE -Wno-maybe-uninitialized
    -fno-threadsafe-statics)  # there are no threads; clang-tidy would take it for a reason to warn
endif()
target_link_options(stayd_flags INTERFACE -Wl,--gc-sections)
if(STAYD_STATIC)
  target_compile_options(stayd_flags INTERFACE -fno-pie)
  target_link_options(stayd_flags INTERFACE -static -no-pie)
endif()

# Between clone and exec a child runs on a stack that no sanitizer knows (src/os/child_side.h).
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/os/child_side.cc PROPERTIES
  COMPILE_OPTIONS "-fno-sanitize=all;-fno-stack-protector")

function(stayd_target_name out folder)
  string(REPLACE "/" "_" name ${folder})
  set(${out} stayd_${name} PARENT_SCOPE)
endfunction()

# stayd_unit_test(name program [options of doctest...])
function(stayd_unit_test name program)
  add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/test/in-pid-namespace $<TARGET_FILE:${program}> ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# stayd_library(folder dependencies...): src/folder/*.cc without *_test.cc becomes a static library,
# src/folder/*_test.cc the test program folder_test. Subfolders belong to it, but for app/.
function(stayd_library folder)
  stayd_target_name(name ${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${folder}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(${name} ${scope} stayd_flags)
  foreach(dependency IN LISTS ARGN)
    stayd_target_name(library ${dependency})
    target_link_libraries(${name} ${scope} ${library})
  endforeach()
  if(tests AND STAYD_TESTS)
    string(REPLACE "/" "_" program ${folder})
    add_executable(${program}_test ${tests} ${CMAKE_SOURCE_DIR}/test/unit_main.cc)
    target_link_libraries(${program}_test PRIVATE ${name})
    target_compile_options(${program}_test PRIVATE -Wno-old-style-cast -Wno-sign-conversion)
    if(NOT folder STREQUAL app/logwriter)
      stayd_unit_test(unit.${program} ${program}_test)
      return()
    endif()
    # They wait for its periods more than they compute: a test of each file, so that they wait at once.
    foreach(source IN LISTS tests)
      get_filename_component(subject ${source} NAME_WE)
      string(REPLACE "_test" "" subject ${subject})
      if(NOT subject STREQUAL rig)
        stayd_unit_test(unit.${program}.${subject} ${program}_test --source-file=*/${subject}_test.cc)
      endif()
    endforeach()
    stayd_unit_test(unit.${program}.every-call ${program}_test "--test-case=*each system call*")
    set_tests_properties(unit.${program}.every-call PROPERTIES LABELS "unit;slow" ENVIRONMENT STAYD_TEST_EVERY_CALL=1)
  endif()
endfunction()

function(stayd_product)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/main.cc)
    return()
  endif()
  add_executable(stayd ${CMAKE_SOURCE_DIR}/src/main.cc)
  target_link_libraries(stayd PRIVATE stayd_app_cli stayd_app_supervise stayd_app_logwriter
                        stayd_app_keeper stayd_app_init)
  set_target_properties(stayd PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  if(STAYD_STATIC)  # binutils' other linker folds functions that came out the same
    target_link_options(stayd PRIVATE -fuse-ld=gold -Wl,--icf=safe)
    target_sources(stayd PRIVATE ${CMAKE_SOURCE_DIR}/src/static_libc.cc)
  endif()
endfunction()
