# What every target of ours is compiled with; nothing of it reaches those who link the library.
function(simdprep_set_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    # The same bytes on every machine: no fused multiply-add where the source says two operations.
    -ffp-contract=off
    # GCC 12 sees overlaps where std::string is added to a literal (its bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
    # Its own vector intrinsics begin with registers of any value (its bug 105593).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-maybe-uninitialized>)
  if(SIMDPREP_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(SIMDPREP_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${SIMDPREP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    # Whatever links the library in this build needs the sanitizer's run-time too.
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:-fsanitize=${SIMDPREP_SANITIZE}>)
  endif()
endfunction()
