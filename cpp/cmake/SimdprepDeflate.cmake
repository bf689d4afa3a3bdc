# Makes the target simdprep::deflate and sets SIMDPREP_DEFLATE_BACKEND. Used by the build, and by
# simdprepConfig.cmake on the machine of whoever links the installed library: so no path is carried along.
#
# simdprep_find_deflate(<auto|libdeflate|zlib> <out: what is missing, empty if nothing>)
function(simdprep_find_deflate choice missing)
  set(${missing} "" PARENT_SCOPE)
  if(TARGET simdprep::deflate)
    return()
  endif()
  if(NOT choice MATCHES "^(auto|libdeflate|zlib)$")
    set(${missing} "SIMDPREP_DEFLATE: got ${choice}, expected auto, libdeflate or zlib" PARENT_SCOPE)
    return()
  endif()
  if(choice MATCHES "auto|libdeflate")
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(SIMDPREP_PC_LIBDEFLATE QUIET libdeflate)  # where to look first, no more
    endif()
    find_path(SIMDPREP_LIBDEFLATE_INCLUDE_DIR libdeflate.h HINTS ${SIMDPREP_PC_LIBDEFLATE_INCLUDE_DIRS})
    find_library(SIMDPREP_LIBDEFLATE_LIBRARY deflate HINTS ${SIMDPREP_PC_LIBDEFLATE_LIBRARY_DIRS})
    mark_as_advanced(SIMDPREP_LIBDEFLATE_INCLUDE_DIR SIMDPREP_LIBDEFLATE_LIBRARY)
    if(SIMDPREP_LIBDEFLATE_INCLUDE_DIR AND SIMDPREP_LIBDEFLATE_LIBRARY)
      add_library(simdprep::deflate UNKNOWN IMPORTED)
      set_target_properties(simdprep::deflate PROPERTIES
        IMPORTED_LOCATION "${SIMDPREP_LIBDEFLATE_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${SIMDPREP_LIBDEFLATE_INCLUDE_DIR}")
      set(SIMDPREP_DEFLATE_BACKEND libdeflate PARENT_SCOPE)
      return()
    endif()
  endif()
  if(choice MATCHES "auto|zlib")
    find_package(ZLIB QUIET)
    if(ZLIB_FOUND)
      add_library(simdprep::deflate INTERFACE IMPORTED)
      set_target_properties(simdprep::deflate PROPERTIES INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
      set(SIMDPREP_DEFLATE_BACKEND zlib PARENT_SCOPE)
      return()
    endif()
  endif()
  set(${missing}
    "deflate library: got none (asked for ${choice}), expected libdeflate or zlib with their headers
  try apt-get install libdeflate-dev (faster) or zlib1g-dev" PARENT_SCOPE)
endfunction()
