# Makes the targets simdprep::lz4 and simdprep::zstd, with which chunks of these filters are read. Used by the build,
# and by simdprepConfig.cmake on the machine of whoever links the installed library: so no path is carried along.
#
# simdprep_find_foreign_codec(<lz4|zstd> <out: what is missing, empty if nothing>)
function(simdprep_find_foreign_codec name missing)
  set(${missing} "" PARENT_SCOPE)
  if(TARGET simdprep::${name})
    return()
  endif()
  string(TOUPPER ${name} upper)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(SIMDPREP_PC_${upper} QUIET lib${name})  # where to look first, no more
  endif()
  find_path(SIMDPREP_${upper}_INCLUDE_DIR ${name}.h HINTS ${SIMDPREP_PC_${upper}_INCLUDE_DIRS})
  find_library(SIMDPREP_${upper}_LIBRARY ${name} HINTS ${SIMDPREP_PC_${upper}_LIBRARY_DIRS})
  mark_as_advanced(SIMDPREP_${upper}_INCLUDE_DIR SIMDPREP_${upper}_LIBRARY)
  if(NOT SIMDPREP_${upper}_INCLUDE_DIR OR NOT SIMDPREP_${upper}_LIBRARY)
    set(${missing} "${name} library: got none, expected lib${name} with its header, which simdprep was built with
  try apt-get install lib${name}-dev" PARENT_SCOPE)
    return()
  endif()
  add_library(simdprep::${name} UNKNOWN IMPORTED)
  set_target_properties(simdprep::${name} PROPERTIES
    IMPORTED_LOCATION "${SIMDPREP_${upper}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${SIMDPREP_${upper}_INCLUDE_DIR}")
endfunction()
