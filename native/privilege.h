#pragma once
#include <node_api.h>

void register_privilege(napi_env env, napi_value exports);
