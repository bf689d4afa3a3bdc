// All of simdprep's writing API but the HDF5 sink, which is in hdf5.hpp.
#pragma once

#include "simdprep/columns.hpp"
#include "simdprep/error.hpp"
#include "simdprep/format.hpp"
#include "simdprep/object_options.hpp"
#include "simdprep/schema.hpp"
#include "simdprep/sink.hpp"
#include "simdprep/summary.hpp"
#include "simdprep/version.hpp"
#include "simdprep/writer.hpp"
#include "simdprep/writer_options.hpp"
