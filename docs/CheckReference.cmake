# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Fails unless the folders GENERATED and COMMITTED hold the same pages.

file(GLOB generated RELATIVE "${GENERATED}" "${GENERATED}/*.md")
file(GLOB committed RELATIVE "${COMMITTED}" "${COMMITTED}/*.md")
if(NOT generated)
  message(FATAL_ERROR "${GENERATED} holds no page; build the target tessera-doc-pages")
endif()
set(pages ${generated} ${committed})
list(REMOVE_DUPLICATES pages)
set(stale "")
foreach(page IN LISTS pages)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files
    "${GENERATED}/${page}" "${COMMITTED}/${page}"
    RESULT_VARIABLE differs OUTPUT_QUIET ERROR_QUIET)
  if(differs)
    list(APPEND stale "docs/reference/${page}")
  endif()
endforeach()
if(stale)
  list(JOIN stale ", " stale)
  message(FATAL_ERROR "${stale}: not what the definitions say; run "
    "'ninja -C ${BUILD_DIR} tessera-doc' and commit the result "
    "(a page without a definition is to be removed)")
endif()
list(LENGTH pages count)
message(STATUS "${count} pages are what the definitions say")
