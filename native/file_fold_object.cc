#include "file_fold_object.h"

#include <cstring>
#include <new>

#include "file_fold.h"
#include "napi_util.h"

// Every function here runs on the thread of the environment.

namespace {

constexpr int64_t MAX_RECORDS = 1 << 22;
// Guards napi_unwrap against objects of other classes.
constexpr napi_type_tag FOLD_TAG = {0x2d9c6b1e40f74a55, 0x8be3f5a1c7d20914};

struct Call {
  FileFold* self = nullptr;
  napi_value argument[3] = {nullptr, nullptr, nullptr};
};

bool read_call(napi_env env, napi_callback_info info, Call* call) {
  napi_value receiver = nullptr;
  size_t count = 3;
  void* data = nullptr;
  bool ours = false;
  if (napi_get_cb_info(env, info, &count, call->argument, &receiver, nullptr) == napi_ok &&
      napi_check_object_type_tag(env, receiver, &FOLD_TAG, &ours) == napi_ok && ours &&
      napi_unwrap(env, receiver, &data) == napi_ok) {
    call->self = static_cast<FileFold*>(data);
    return true;
  }
  napi_throw_type_error(env, nullptr, "not a FileFold");
  return false;
}

// new FileFold(records)
napi_value construct(napi_env env, napi_callback_info info) {
  napi_value target = nullptr, receiver = nullptr, argument = nullptr;
  size_t count = 1;
  int64_t records = 0;
  napi_get_new_target(env, info, &target);
  napi_get_cb_info(env, info, &count, &argument, &receiver, nullptr);
  if (target == nullptr || !get_integer(env, argument, 1, MAX_RECORDS, &records)) {
    napi_throw_type_error(env, nullptr, "new FileFold needs the number of records");
    return nullptr;
  }
  auto* self = new (std::nothrow) FileFold();
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<FileFold*>(data); };
  if (self == nullptr || !self->reserve(static_cast<size_t>(records)) ||
      napi_type_tag_object(env, receiver, &FOLD_TAG) != napi_ok ||
      napi_wrap(env, receiver, self, finalize, nullptr, nullptr) != napi_ok) {
    delete self;
    napi_throw_error(env, nullptr, "no memory for a FileFold");
    return nullptr;
  }
  return receiver;
}

// take(bytes: Uint8Array, swapped: 0 | 1, fractionNs: 1 | 1000) → bytes taken
napi_value js_take(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  bool typed = false;
  napi_typedarray_type type = napi_int8_array;
  size_t length = 0;
  void* data = nullptr;
  int64_t swapped = 0, fraction_ns = 0;
  if (napi_is_typedarray(env, call.argument[0], &typed) != napi_ok || !typed ||
      napi_get_typedarray_info(env, call.argument[0], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array || !get_integer(env, call.argument[1], 0, 1, &swapped) ||
      !get_integer(env, call.argument[2], 1, 1000, &fraction_ns)) {
    napi_throw_type_error(env, nullptr, "take needs a Uint8Array, a byte order and a fraction");
    return nullptr;
  }
  const PcapDialect dialect = {swapped == 1, static_cast<uint32_t>(fraction_ns)};
  return make_number(env, static_cast<double>(call.self->take(static_cast<uint8_t*>(data), length, dialect)));
}

// count() → records so far
napi_value js_count(napi_env env, napi_callback_info info) {
  Call call;
  return read_call(env, info, &call) ? make_number(env, static_cast<double>(call.self->count())) : nullptr;
}

// others() → frames that were no ARP
napi_value js_others(napi_env env, napi_callback_info info) {
  Call call;
  return read_call(env, info, &call) ? make_number(env, static_cast<double>(call.self->others())) : nullptr;
}

// records() → a copy of all of them
napi_value js_records(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  const size_t bytes = call.self->count() * FileFold::RECORD_BYTES;
  void* data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok) return nullptr;
  if (bytes > 0) std::memcpy(data, call.self->records(), bytes);
  napi_create_typedarray(env, napi_uint8_array, bytes, buffer, 0, &array);
  return array;
}

napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

void register_file_fold(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      method("take", js_take),
      method("count", js_count),
      method("others", js_others),
      method("records", js_records),
  };
  napi_value constructor = nullptr;
  napi_define_class(env, "FileFold", NAPI_AUTO_LENGTH, construct, nullptr, sizeof methods / sizeof *methods, methods,
                    &constructor);
  napi_set_named_property(env, exports, "FileFold", constructor);
  napi_set_named_property(env, exports, "fileRecordBytes", make_number(env, FileFold::RECORD_BYTES));
}
