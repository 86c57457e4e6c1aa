// What JavaScript sees of netlink.h.
#pragma once
#include <node_api.h>

// Adds netlinkDump and netlinkSubscribe to the exports. The thread of the loading environment.
void register_netlink(napi_env env, napi_value exports);
