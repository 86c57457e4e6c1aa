#include "capture_object.h"

#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "capture.h"
#include "napi_util.h"

// Every function here runs on the thread of the environment, but for `wake`.

namespace {

constexpr int64_t MAX_SNAP_LENGTH = 2048;
constexpr int64_t MAX_KERNEL_BUFFER_BYTES = 1 << 30;
constexpr int64_t MAX_RING_FRAMES = 1 << 22;
constexpr int64_t MAX_GAP_NS = 3'600'000'000'000;
constexpr uint16_t MIN_FRAME_BYTES = 14;

// Guards napi_unwrap against objects of other classes.
constexpr napi_type_tag CAPTURE_TAG = {0x5b0f2c1f7a0e4d63, 0x9a1c3e5b7d2f4681};

class CaptureObject {
 public:
  explicit CaptureObject(napi_env env) : env_(env) {}
  ~CaptureObject() { close(); }

  bool open(const CaptureOptions& options, napi_value on_events, Trouble* trouble);
  void close();
  bool is_open() const { return open_; }
  bool was_opened() const { return capture_ != nullptr; }
  Capture& capture() { return *capture_; }

 private:
  bool create_callback(napi_value on_events);
  // Any thread. At most one call is under way, so the queue needs no bound and the caller never waits.
  void wake(uint32_t events);
  static void call_js(napi_env env, napi_value callback, void* context, void* data);
  static void rethrow_as_uncaught(napi_env env);
  static void on_env_cleanup(void* self) { static_cast<CaptureObject*>(self)->close(); }

  napi_env env_;
  bool open_ = false;
  std::unique_ptr<Capture> capture_;
  napi_threadsafe_function callback_ = nullptr;
  std::atomic<uint32_t> events_{0};
};

bool CaptureObject::open(const CaptureOptions& options, napi_value on_events, Trouble* trouble) {
  capture_ = std::make_unique<Capture>();
  if (!create_callback(on_events)) {
    *trouble = {"capture-failed", "Cannot create a callback."};
    return false;
  }
  open_ = true;
  // After the callback's own hook, so that it runs before it: hooks run backwards.
  napi_add_env_cleanup_hook(env_, on_env_cleanup, this);
  if (capture_->open(options, [this](uint32_t events) { wake(events); }, trouble)) return true;
  close();
  return false;
}

bool CaptureObject::create_callback(napi_value on_events) {
  napi_value name = make_string(env_, "arpcheck:capture");
  return napi_create_threadsafe_function(env_, on_events, nullptr, name, 0, 1, nullptr, nullptr, this, call_js,
                                         &callback_) == napi_ok;
}

// The one order: the threads end, what they used is freed, then the callback goes that they called.
void CaptureObject::close() {
  if (!open_) return;
  open_ = false;
  napi_remove_env_cleanup_hook(env_, on_env_cleanup, this);
  capture_->close();
  napi_release_threadsafe_function(callback_, napi_tsfn_abort);
}

void CaptureObject::wake(uint32_t events) {
  if (events_.fetch_or(events) == 0) napi_call_threadsafe_function(callback_, nullptr, napi_tsfn_nonblocking);
}

void CaptureObject::call_js(napi_env env, napi_value callback, void* context, void*) {
  // No environment: the queue is being emptied after close, and `context` may be gone.
  if (env == nullptr || callback == nullptr) return;
  auto* self = static_cast<CaptureObject*>(context);
  const uint32_t events = self->events_.exchange(0);
  if (events == 0 || !self->open_) return;
  napi_value argument = make_number(env, events);
  const napi_status status = napi_call_function(env, make_undefined(env), callback, 1, &argument, nullptr);
  if (status == napi_pending_exception) rethrow_as_uncaught(env);
}

// What a callback throws is an uncaught exception like any other; left alone, Node would only warn of it (DEP0168).
void CaptureObject::rethrow_as_uncaught(napi_env env) {
  napi_value thrown = nullptr;
  if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok) napi_fatal_exception(env, thrown);
}

// --- the JavaScript side ---

struct Call {
  CaptureObject* self = nullptr;
  napi_value argument[2] = {nullptr, nullptr};
};

// The receiver and up to two arguments; throws and returns false when `this` is not a Capture.
bool read_call(napi_env env, napi_callback_info info, Call* call) {
  napi_value receiver = nullptr;
  size_t count = 2;
  void* data = nullptr;
  bool ours = false;
  if (napi_get_cb_info(env, info, &count, call->argument, &receiver, nullptr) == napi_ok &&
      napi_check_object_type_tag(env, receiver, &CAPTURE_TAG, &ours) == napi_ok && ours &&
      napi_unwrap(env, receiver, &data) == napi_ok) {
    call->self = static_cast<CaptureObject*>(data);
    return true;
  }
  napi_throw_type_error(env, nullptr, "not a Capture");
  return false;
}

napi_value construct(napi_env env, napi_callback_info info) {
  napi_value target = nullptr;
  napi_get_new_target(env, info, &target);
  if (target == nullptr) {
    napi_throw_type_error(env, nullptr, "Capture is a class: use new");
    return nullptr;
  }
  napi_value receiver = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, &receiver, nullptr);
  auto* self = new CaptureObject(env);
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<CaptureObject*>(data); };
  if (napi_type_tag_object(env, receiver, &CAPTURE_TAG) != napi_ok ||
      napi_wrap(env, receiver, self, finalize, nullptr, nullptr) != napi_ok) {
    delete self;
    return nullptr;
  }
  return receiver;
}

bool read_options(napi_env env, napi_value object, CaptureOptions* options) {
  int64_t ether_type = 0, snap_length = 0, kernel_buffer_bytes = 0, ring_frames = 0, high_rate = 0, fold_repeats = 0;
  const bool valid =
      get_string_property(env, object, "device", &options->device) &&
      get_string_property(env, object, "filter", &options->filter) &&
      get_integer_property(env, object, "etherType", 1, 0xffff, &ether_type) &&
      get_integer_property(env, object, "snapLength", 64, MAX_SNAP_LENGTH, &snap_length) &&
      get_integer_property(env, object, "kernelBufferBytes", 1, MAX_KERNEL_BUFFER_BYTES, &kernel_buffer_bytes) &&
      get_integer_property(env, object, "ringFrames", 1, MAX_RING_FRAMES, &ring_frames) &&
      get_integer_property(env, object, "highRate", 0, 1, &high_rate) &&
      get_integer_property(env, object, "foldRepeats", 0, 1, &fold_repeats);
  options->ether_type = static_cast<int>(ether_type);
  options->snap_length = static_cast<int>(snap_length);
  options->kernel_buffer_bytes = static_cast<int>(kernel_buffer_bytes);
  options->ring_frames = static_cast<size_t>(ring_frames);
  options->high_rate = high_rate == 1;
  options->fold_repeats = fold_repeats == 1;
  return valid;
}

// open({ device, filter, etherType, snapLength, kernelBufferBytes, ringFrames, highRate, foldRepeats }, onEvents) → { index, mac, recordBytes }
napi_value js_open(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  if (call.self->was_opened()) {
    throw_coded(env, "capture-failed", "A Capture opens once.");
    return nullptr;
  }
  CaptureOptions options;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, call.argument[1], &type);
  if (type != napi_function || !read_options(env, call.argument[0], &options)) {
    napi_throw_type_error(env, nullptr, "open needs device, filter, etherType, snapLength, kernelBufferBytes, ringFrames, highRate, foldRepeats and a callback");
    return nullptr;
  }
  Trouble trouble;
  if (!call.self->open(options, call.argument[1], &trouble)) {
    throw_coded(env, trouble.code.c_str(), trouble.message);
    return nullptr;
  }
  napi_value opened = nullptr;
  napi_create_object(env, &opened);
  set_number(env, opened, "index", call.self->capture().opened_link().index);
  set_string(env, opened, "mac", call.self->capture().opened_link().mac);
  set_number(env, opened, "recordBytes", static_cast<double>(call.self->capture().ring().record_bytes()));
  return opened;
}

struct Bytes {
  void* data = nullptr;
  size_t length = 0;  // elements
  napi_typedarray_type type = napi_uint8_array;
};

bool get_typed_array(napi_env env, napi_value value, napi_typedarray_type wanted, Bytes* bytes) {
  bool typed = false;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return false;
  napi_get_typedarray_info(env, value, &bytes->type, &bytes->length, &bytes->data, nullptr, nullptr);
  return bytes->type == wanted;
}

// drain(into: Uint8Array) → records written
napi_value js_drain(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  Bytes into;
  if (!get_typed_array(env, call.argument[0], napi_uint8_array, &into)) {
    napi_throw_type_error(env, nullptr, "drain needs a Uint8Array");
    return nullptr;
  }
  if (!call.self->is_open()) return make_number(env, 0);
  FrameRing& ring = call.self->capture().ring();
  const size_t room = into.length / ring.record_bytes();
  return make_number(env, static_cast<double>(ring.drain(static_cast<uint8_t*>(into.data), room)));
}

// ready() → records that the next drain can move; what comes later is announced again
napi_value js_ready(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  if (!call.self->is_open()) return make_number(env, 0);
  return make_number(env, static_cast<double>(call.self->capture().ring().ready()));
}

// pending() → frames that wait, announced or not
napi_value js_pending(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  if (!call.self->is_open()) return make_number(env, 0);
  return make_number(env, static_cast<double>(call.self->capture().ring().pending()));
}

// Copies the frames; false when the lengths do not add up to the bytes.
bool copy_batch(const Bytes& bytes, const Bytes& lengths, SendBatch* batch) {
  const auto* length = static_cast<const uint16_t*>(lengths.data);
  size_t total = 0;
  for (size_t i = 0; i < lengths.length; i++) {
    if (length[i] < MIN_FRAME_BYTES) return false;
    total += length[i];
  }
  if (lengths.length == 0 || total != bytes.length) return false;
  batch->count = lengths.length;
  batch->bytes.reset(new (std::nothrow) uint8_t[total]);
  batch->lengths.reset(new (std::nothrow) uint16_t[lengths.length]);
  if (!batch->bytes || !batch->lengths) return false;
  std::memcpy(batch->bytes.get(), bytes.data, total);
  std::memcpy(batch->lengths.get(), length, lengths.length * sizeof *length);
  return true;
}

napi_value make_boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

// send(frames: Uint8Array, lengths: Uint16Array, gapNs: number) → queued; false when closed or too many wait
napi_value js_send(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  napi_value arguments[3] = {nullptr, nullptr, nullptr};
  size_t count = 3;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  Bytes bytes, lengths;
  SendBatch batch;
  if (!get_typed_array(env, arguments[0], napi_uint8_array, &bytes) ||
      !get_typed_array(env, arguments[1], napi_uint16_array, &lengths) ||
      !get_integer(env, arguments[2], 0, MAX_GAP_NS, &batch.gap_ns) || !copy_batch(bytes, lengths, &batch)) {
    napi_throw_type_error(env, nullptr, "send needs frames of 14 bytes or more, their lengths, and a gap");
    return nullptr;
  }
  return make_boolean(env, call.self->is_open() && call.self->capture().sender().enqueue(std::move(batch)));
}

// batchesDone() → batches whose last frame was sent or refused
napi_value js_batches_done(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  if (!call.self->was_opened()) return make_number(env, 0);
  return make_number(env, static_cast<double>(call.self->capture().sender().batches_done()));
}

// stats() → totals since opening, the last ones after close; null before open
napi_value js_stats(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  napi_value result = nullptr;
  napi_get_null(env, &result);
  if (!call.self->was_opened()) return result;
  const CaptureStats stats = call.self->capture().stats();
  napi_create_object(env, &result);
  set_number(env, result, "received", static_cast<double>(stats.received));
  set_number(env, result, "kernelDrops", static_cast<double>(stats.kernel_drops));
  set_number(env, result, "ringDrops", static_cast<double>(stats.ring_drops));
  set_number(env, result, "sent", static_cast<double>(stats.sent));
  set_number(env, result, "sendErrors", static_cast<double>(stats.send_errors));
  return result;
}

// troubles() → [{ code, message }], what happened to the interface since the last call
napi_value js_troubles(napi_env env, napi_callback_info info) {
  Call call;
  if (!read_call(env, info, &call)) return nullptr;
  napi_value list = nullptr;
  napi_create_array(env, &list);
  if (!call.self->was_opened()) return list;
  uint32_t index = 0;
  for (const Trouble& trouble : call.self->capture().take_troubles()) {
    napi_value entry = nullptr;
    napi_create_object(env, &entry);
    set_string(env, entry, "code", trouble.code);
    set_string(env, entry, "message", trouble.message);
    napi_set_element(env, list, index++, entry);
  }
  return list;
}

// close(): in any state, any number of times
napi_value js_close(napi_env env, napi_callback_info info) {
  Call call;
  if (read_call(env, info, &call)) call.self->close();
  return nullptr;
}

napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

void register_capture(napi_env env, napi_value exports) {
  const napi_property_descriptor methods[] = {
      method("open", js_open),   method("drain", js_drain),
      method("ready", js_ready),     method("pending", js_pending), method("send", js_send),
      method("batchesDone", js_batches_done), method("stats", js_stats),
      method("troubles", js_troubles), method("close", js_close),
  };
  napi_value constructor = nullptr;
  napi_define_class(env, "Capture", NAPI_AUTO_LENGTH, construct, nullptr, sizeof methods / sizeof *methods, methods,
                    &constructor);
  napi_set_named_property(env, exports, "Capture", constructor);
  napi_set_named_property(env, exports, "pcapVersion", make_string(env, pcap_lib_version()));
}
