# Makes the target simdprep::hdf5: the headers of the sink, and the HDF5 (C library) of whoever compiles them.
# Used by the build, and by simdprepConfig.cmake on the machine of whoever links the installed library.
#
# simdprep_find_hdf5(<out: what is missing, empty if nothing> [GLOBAL])
#
# GLOBAL shows the target to the whole project, which a build that adds this library as a folder needs.
# A project that found HDF5 itself (target hdf5::hdf5 or HDF5::HDF5) gets that one. Else it is looked for in
# HDF5_ROOT, in CMAKE_PREFIX_PATH and by pkg-config; CMake's own FindHDF5 needs the language C in the project.
function(simdprep_find_hdf5 missing)
  set(${missing} "" PARENT_SCOPE)
  if(TARGET simdprep::hdf5)
    return()
  endif()
  set(try "try apt-get install libhdf5-dev, or -DHDF5_ROOT=PREFIX")
  if(TARGET hdf5::hdf5)
    set(library hdf5::hdf5)
  elseif(TARGET HDF5::HDF5)
    set(library HDF5::HDF5)
  else()
    find_package(PkgConfig QUIET)
    if(PkgConfig_FOUND)
      pkg_check_modules(SIMDPREP_PC_HDF5 QUIET hdf5)  # where to look first, no more
    endif()
    set(roots "${HDF5_ROOT}" "$ENV{HDF5_ROOT}")
    find_path(SIMDPREP_HDF5_INCLUDE_DIR hdf5.h HINTS ${roots} ${SIMDPREP_PC_HDF5_INCLUDE_DIRS}
      PATH_SUFFIXES include include/hdf5/serial)
    find_library(SIMDPREP_HDF5_LIBRARY NAMES hdf5 hdf5_serial HINTS ${roots} ${SIMDPREP_PC_HDF5_LIBRARY_DIRS}
      PATH_SUFFIXES lib hdf5/serial)
    mark_as_advanced(SIMDPREP_HDF5_INCLUDE_DIR SIMDPREP_HDF5_LIBRARY)
    if(NOT SIMDPREP_HDF5_INCLUDE_DIR OR NOT SIMDPREP_HDF5_LIBRARY)
      set(${missing} "HDF5 (C library): got none, expected 1.10.3 or later with its headers\n  ${try}" PARENT_SCOPE)
      return()
    endif()
    file(STRINGS "${SIMDPREP_HDF5_INCLUDE_DIR}/H5public.h" numbers
      REGEX "^#define[ \t]+H5_VERS_(MAJOR|MINOR|RELEASE)[ \t]+[0-9]+")
    string(REGEX REPLACE "[^;]*H5_VERS_[A-Z]+[ \t]+([0-9]+)[^;]*" "\\1" version "${numbers}")
    string(REPLACE ";" "." version "${version}")
    if(version VERSION_LESS 1.10.3)
      set(${missing} "HDF5 (C library): got ${version}, expected 1.10.3 or later\n  in ${SIMDPREP_HDF5_LIBRARY}\n  ${try}"
        PARENT_SCOPE)
      return()
    endif()
    add_library(simdprep::hdf5_library UNKNOWN IMPORTED ${ARGN})
    set_target_properties(simdprep::hdf5_library PROPERTIES
      IMPORTED_LOCATION "${SIMDPREP_HDF5_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${SIMDPREP_HDF5_INCLUDE_DIR}")
    set(library simdprep::hdf5_library)
  endif()
  add_library(simdprep::hdf5 INTERFACE IMPORTED ${ARGN})
  set_target_properties(simdprep::hdf5 PROPERTIES INTERFACE_LINK_LIBRARIES "simdprep::simdprep;${library}")
endfunction()
