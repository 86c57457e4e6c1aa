#include "netlink_object.h"

#include <linux/netlink.h>

#include <cstring>
#include <memory>
#include <vector>

#include "napi_util.h"
#include "netlink.h"

// Everything here runs on the thread of the environment.
namespace {

constexpr size_t MAX_REQUEST_BYTES = 4096;
constexpr napi_type_tag SUBSCRIPTION_TAG = {0x6172706368656b00, 0x6e65746c696e6b00};

// A subscription and its callback. Closing, in this order: the reading thread ends, the callback is released.
struct Subscription {
  NetlinkWatch watch;
  napi_env env = nullptr;
  napi_threadsafe_function wake = nullptr;

  ~Subscription() { close(); }
  void close();
  static void on_environment_end(void* self) { static_cast<Subscription*>(self)->close(); }
};

void Subscription::close() {
  if (wake == nullptr) return;
  napi_remove_env_cleanup_hook(env, on_environment_end, this);
  watch.stop();
  napi_release_threadsafe_function(wake, napi_tsfn_abort);
  wake = nullptr;
}

napi_value make_bytes(napi_env env, const std::vector<uint8_t>& bytes) {
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value result = nullptr;
  if (napi_create_arraybuffer(env, bytes.size(), &data, &buffer) != napi_ok) return nullptr;
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  napi_create_typedarray(env, napi_uint8_array, bytes.size(), buffer, 0, &result);
  return result;
}

// The bytes of a Uint8Array; false for any other value.
bool get_bytes(napi_env env, napi_value value, const uint8_t** bytes, size_t* length) {
  bool typed = false;
  napi_typedarray_type type = napi_int8_array;
  void* data = nullptr;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return false;
  napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr);
  *bytes = static_cast<const uint8_t*>(data);
  return type == napi_uint8_array;
}

// netlinkDump(request: Uint8Array): Uint8Array
napi_value dump(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  const uint8_t* request = nullptr;
  size_t length = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  if (!get_bytes(env, argument, &request, &length) || length < sizeof(nlmsghdr) || length > MAX_REQUEST_BYTES) {
    napi_throw_type_error(env, nullptr, "netlinkDump takes one netlink request as a Uint8Array");
    return nullptr;
  }
  std::vector<uint8_t> answer;
  Trouble trouble;
  if (netlink_dump(request, length, &answer, &trouble)) return make_bytes(env, answer);
  throw_coded(env, trouble.code.c_str(), trouble.message);
  return nullptr;
}

// `this` of a method; null with a pending exception when it is something else.
Subscription* subscription_of(napi_env env, napi_callback_info info) {
  size_t count = 0;
  napi_value self = nullptr;
  void* subscription = nullptr;
  bool tagged = false;
  napi_get_cb_info(env, info, &count, nullptr, &self, nullptr);
  if (napi_check_object_type_tag(env, self, &SUBSCRIPTION_TAG, &tagged) == napi_ok && tagged) {
    napi_unwrap(env, self, &subscription);
  }
  if (subscription == nullptr) napi_throw_type_error(env, nullptr, "not a netlink subscription");
  return static_cast<Subscription*>(subscription);
}

// drain(): Uint8Array
napi_value drain(napi_env env, napi_callback_info info) {
  Subscription* subscription = subscription_of(env, info);
  if (subscription == nullptr) return nullptr;
  std::vector<uint8_t> messages;
  Trouble trouble;
  if (subscription->watch.drain(&messages, &trouble)) return make_bytes(env, messages);
  throw_coded(env, trouble.code.c_str(), trouble.message);
  return nullptr;
}

// close(): void
napi_value close_subscription(napi_env env, napi_callback_info info) {
  if (Subscription* subscription = subscription_of(env, info)) subscription->close();
  return nullptr;
}

void free_subscription(napi_env, void* subscription, void*) { delete static_cast<Subscription*>(subscription); }

// Hands the subscription to a new JavaScript object; null when Node-API refuses.
napi_value wrap(napi_env env, std::unique_ptr<Subscription> subscription) {
  const napi_property_descriptor methods[] = {
      {"drain", nullptr, drain, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"close", nullptr, close_subscription, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok || napi_define_properties(env, object, 2, methods) != napi_ok ||
      napi_type_tag_object(env, object, &SUBSCRIPTION_TAG) != napi_ok ||
      napi_wrap(env, object, subscription.get(), free_subscription, nullptr, nullptr) != napi_ok) {
    return nullptr;
  }
  static_cast<void>(subscription.release());
  return object;
}

// A wake-up never blocks the reading thread; at most one is under way, so the queue needs no bound.
bool open(Subscription* subscription, napi_env env, uint32_t groups, napi_value on_events, Trouble* trouble) {
  subscription->env = env;
  if (napi_create_threadsafe_function(env, on_events, nullptr, make_string(env, "arpcheck.host"), 0, 1, nullptr, nullptr,
                                      nullptr, nullptr, &subscription->wake) != napi_ok) {
    *trouble = {"host-unreadable", "netlink subscription: no wake-up to be had"};
    return false;
  }
  // After the callback's own hook, so that it runs first: the last in is the first out.
  napi_add_env_cleanup_hook(env, Subscription::on_environment_end, subscription);
  const napi_threadsafe_function wake = subscription->wake;
  const auto announce = [wake] { napi_call_threadsafe_function(wake, nullptr, napi_tsfn_nonblocking); };
  return subscription->watch.open(groups, announce, trouble);
}

// netlinkSubscribe(groups: number, onEvents: () => void): { drain(), close() }
napi_value subscribe(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2] = {};
  int64_t groups = 0;
  napi_valuetype type = napi_undefined;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  napi_typeof(env, arguments[1], &type);
  if (!get_integer(env, arguments[0], 1, UINT32_MAX, &groups) || type != napi_function) {
    napi_throw_type_error(env, nullptr, "netlinkSubscribe takes a mask of groups and a function");
    return nullptr;
  }
  auto subscription = std::make_unique<Subscription>();
  Trouble trouble;
  if (open(subscription.get(), env, static_cast<uint32_t>(groups), arguments[1], &trouble)) {
    return wrap(env, std::move(subscription));
  }
  throw_coded(env, trouble.code.c_str(), trouble.message);
  return nullptr;
}

}  // namespace

void register_netlink(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"netlinkDump", nullptr, dump, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"netlinkSubscribe", nullptr, subscribe, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, 2, functions);
}
