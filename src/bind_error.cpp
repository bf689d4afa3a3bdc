#include "bind.hpp"
#include "simdprep/error.hpp"

namespace simdprep::bind {
namespace {

void raise(const char* kind, const Error& error) {
    using namespace py::literals;
    const auto or_none = [](const std::string& text) -> py::object {
        return text.empty() ? py::object(py::none()) : py::object(py::str(text));
    };
    const py::object type = py::module_::import("simdprep.errors").attr(kind);
    const py::object value =
        type(error.message(), "where"_a = or_none(error.where()), "hint"_a = or_none(error.hint()));
    PyErr_SetObject(type.ptr(), value.ptr());
}

}  // namespace

void bind_error(py::module_&) {
    // Local: modules of others may throw errors of these names, of another version.
    py::register_local_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const AlignmentError& error) {
            raise("AlignmentError", error);
        } catch (const SchemaError& error) {
            raise("SchemaError", error);
        } catch (const DatasetError& error) {
            raise("DatasetError", error);
        } catch (const OutputError& error) {
            raise("OutputError", error);
        } catch (const ResourceError& error) {
            raise("ResourceError", error);
        } catch (const InternalError& error) {
            raise("InternalError", error);
        } catch (const Error& error) {
            raise("SimdprepError", error);
        } catch (const std::bad_alloc&) {
            raise("ResourceError", ResourceError("memory is exhausted", {}, "fewer threads, a smaller part_rows, or smaller pads"));
        }
    });
}

}  // namespace simdprep::bind
