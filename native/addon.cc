// The addon's face: registers each part. Context-aware, so every worker thread gets its own copy of all state.
#include <node_api.h>

#include "capture_object.h"
#include "file_fold_object.h"
#include "netlink_object.h"
#include "privilege.h"

// Runs on the thread of the loading environment.
NAPI_MODULE_INIT() {
  register_capture(env, exports);
  register_file_fold(env, exports);
  register_netlink(env, exports);
  register_privilege(env, exports);
  return exports;
}
